//! `/healthz`: the process lives. `/readyz`: the parts behind it answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use fardel_domain::object_store::ObjectKey;
use serde::Serialize;

use super::Gateway;
use crate::{answer::Json, app::App};

/// A part that is silent for longer is down.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the server can do its work, part by part. No host names, no causes: those are in the log.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Readiness {
    status: &'static str,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    name: &'static str,
    state: &'static str,
    latency_ms: f64,
}

/// The last answer, kept for a moment so that probes from outside cannot burden the engines.
pub(crate) type Probe = moka::future::Cache<(), Arc<Readiness>>;

pub(crate) fn probe() -> Probe {
    moka::future::Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(1)).build()
}

pub(super) async fn healthz() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

pub(super) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Response {
    let readiness = gateway.probe.get_with((), async { Arc::new(ask(&gateway.app).await) }).await;
    let status = if readiness.status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(&*readiness)).into_response()
}

async fn ask(app: &App) -> Readiness {
    let database = part("database", async {
        app.db.read("SELECT CAST(1 AS BIGINT)").fetch_one::<(i64,)>().await.map(drop).map_err(|error| error.to_string())
    });
    let store = part("storage", async {
        let key = ObjectKey::parse("health/probe").ok_or("the probe's key is not valid")?;
        app.store.head(&key).await.map(drop).map_err(|error| error.to_string())
    });
    let (database, store) = futures_util::future::join(database, store).await;
    let parts = vec![database, store];
    let status = if parts.iter().all(|part| part.state == "up") { "ready" } else { "unready" };
    Readiness { status, parts }
}

async fn part(name: &'static str, question: impl Future<Output = Result<(), String>>) -> Part {
    let start = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, question).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    if let Err(error) = &answer {
        tracing::warn!(part = name, error, "a part is not ready");
    }
    let latency_ms = (start.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
    Part { name, state: if answer.is_ok() { "up" } else { "down" }, latency_ms }
}
