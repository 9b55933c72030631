//! The gateway: who asks, how much they may ask, and the one shape of every answer.
//!
//! A request passes `observe` (name, measure, problem, log) → `headers` → `guard` → for the API `cors`
//! → `caller` (who) → `limits` → the flow's handler.

mod cors;
mod guard;
mod headers;
mod health;
mod limits;
mod observe;
mod openapi;
mod serve;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get},
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
    },
};

pub use self::{openapi::openapi, serve::serve};
use crate::{
    answer::{Failure, Json, problem},
    app::App,
    identity::KeySet,
    request::identify,
};

/// What the gateway needs beside the app: limits, headers, and what was last heard of the parts.
struct Gateway {
    app: App,
    limits: limits::Limits,
    security_headers: headers::SecurityHeaders,
    probe: health::Probe,
    /// The origin of the page, as browsers write it.
    origin: String,
}

impl Gateway {
    fn new(app: App) -> Self {
        let settings = &app.settings;
        Self {
            limits: limits::Limits::new(&settings.rate_limits),
            security_headers: headers::SecurityHeaders::new(settings),
            probe: health::probe(),
            origin: settings.public_url.origin().ascii_serialization(),
            app,
        }
    }
}

/// Everything that the server answers: the API, what watches it, and `extra` for all other paths
/// (the object store, the edge, the page).
pub fn router(app: App, extra: Router) -> Router {
    let (flows, document) = openapi::routes().split_for_parts();
    let document = openapi::finished(document);
    let gateway = Arc::new(Gateway::new(app.clone()));

    let api = flows
        .merge(openapi::serve(&document))
        .route("/api", any(no_such_route))
        .route("/api/{*rest}", any(no_such_route))
        .layer(from_fn_with_state(gateway.clone(), limits::limit))
        .layer(from_fn_with_state(app.clone(), identify))
        .layer(from_fn_with_state(gateway.clone(), guard::api_requests))
        .layer(compression())
        .layer(from_fn_with_state(gateway.clone(), cors::allow_own_origin));
    let around = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz).with_state(gateway.clone()))
        .route("/.well-known/jwks.json", get(key_set))
        .route("/problems/{code}", get(problem::describe));

    api.merge(around)
        .fallback_service(extra)
        .layer(from_fn(guard::sound_requests))
        .layer(from_fn(observe::catch_panics))
        .layer(from_fn_with_state(gateway.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

async fn no_such_route() -> Failure {
    problem::not_found().into()
}

/// `GET /.well-known/jwks.json`.
async fn key_set(State(app): State<App>) -> ([(HeaderName, HeaderValue); 1], Json<KeySet>) {
    let kept = HeaderValue::from_static("public, max-age=300");
    ([(header::CACHE_CONTROL, kept)], Json(app.token_keys.published().clone()))
}

/// Small answers are not worth it, and level 1 gives most of the gain for a fraction of the time.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_json = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        headers.get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json")
    };
    CompressionLayer::new().quality(CompressionLevel::Precise(1)).compress_when(SizeAbove::new(1_024).and(is_json))
}

#[cfg(test)]
mod tests;
