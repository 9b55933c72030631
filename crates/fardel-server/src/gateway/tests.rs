//! The gateway around a real app: what holds for every answer, whoever writes it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, Response},
};
use fardel_db::Db;
use fardel_domain::{cursor::CursorSeal, object_store::ObjectStore, time::Clock};
use fardel_edge::{SigningKey, UrlSigner};
use fardel_objects::local::{Durability, LocalStore, LocalStoreSecret};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{
    TokenKeys,
    app::{Parts, RateLimits, Settings},
};

const OWN: &str = "http://files.example.org";

async fn gateway(folder: &std::path::Path) -> Router {
    let clock = Clock::system();
    let public_url: url::Url = OWN.parse().unwrap();
    let secret = LocalStoreSecret { access_key_id: "fardel".to_owned(), secret_key: "secret".repeat(8) };
    let store =
        LocalStore::open(folder.join("objects"), public_url.clone(), secret, clock.clone(), Durability::Off).unwrap();
    let parts = Parts {
        db: Db::open(&format!("sqlite:{}", folder.join("fardel.db").display())).await.unwrap(),
        store: Arc::new(store) as Arc<dyn ObjectStore>,
        url_signer: UrlSigner::new(SigningKey::generate().unwrap()),
        token_keys: TokenKeys::ephemeral(),
        cursor_seal: CursorSeal::new(&[7; 32]),
        clock,
    };
    let settings = Settings {
        public_url,
        connect_origins: Vec::new(),
        max_file_size: 1 << 40,
        default_quota: None,
        allowed_types: Vec::new(),
        blocked_types: Vec::new(),
        trash_days: 30,
        presign_valid_for: Duration::from_hours(1),
        upload_expires_after: Duration::from_hours(24),
        reconcile_every: Duration::from_secs(30),
        rate_limits: RateLimits { login: 10, presign: 10, other: 200 },
        trusted_proxies: Vec::new(),
    };
    let extra = Router::new().route("/boom", get(boom)).route("/page", get(|| async { "page" }));
    router(App::new(parts, settings), extra)
}

async fn boom() -> &'static str {
    panic!("on purpose")
}

fn request(method: &str, path: &str) -> Request<Body> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Request::builder().method(method).uri(path).header("host", "files.example.org").body(Body::empty()).unwrap()
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
}

#[tokio::test]
async fn every_error_is_a_problem_that_names_its_request() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(folder.path()).await;
    for (method, path, status, code) in [
        ("GET", "/boom", 500, "internal"),
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api", 404, "not-found"),
        ("GET", "/api/", 404, "not-found"),
        ("POST", "/api/v2/files", 404, "not-found"),
        ("GET", "/api/v1/me/x.css", 404, "not-found"),
        ("GET", "/api/v1/files/", 404, "not-found"),
        ("PUT", "/api/v1/me", 405, "method-not-allowed"),
        ("TRACE", "/api/v1/me", 405, "method-not-allowed"),
        ("PROPFIND", "/", 405, "method-not-allowed"),
        ("POST", "/page", 405, "method-not-allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
        ("POST", "/api/v1/auth/refresh", 401, "unauthenticated"),
        ("POST", "/api/v1/auth/login", 415, "unsupported-media-type"),
        ("GET", "/problems/nonsense", 404, "not-found"),
    ] {
        let response = gateway.clone().oneshot(request(method, path)).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], problem::MEDIA_TYPE, "{method} {path}");
        assert_eq!(response.headers().contains_key(header::ALLOW), status == 405, "{method} {path}");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let trace = response.headers()["traceparent"].to_str().unwrap()[3..35].to_owned();
        let body = json(response).await;
        assert_eq!((&body["code"], &body["instance"], &body["traceId"]), (&code.into(), &path.into(), &trace.into()));
    }
}

#[tokio::test]
async fn only_the_own_origin_may_read_across_origins() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(folder.path()).await;
    for (origin, allowed) in
        [(OWN, true), ("https://evil.example", false), ("null", false), ("http://localhost", false)]
    {
        for method in ["OPTIONS", "GET"] {
            let mut request = request(method, "/api/v1/me");
            request.headers_mut().insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            request.headers_mut().insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PATCH"));
            let response = gateway.clone().oneshot(request).await.unwrap();
            let named = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(named.is_some(), allowed, "{method} {origin}");
        }
    }
}

#[tokio::test]
async fn a_spent_budget_answers_429_with_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(folder.path()).await;
    let mut response = gateway.clone().oneshot(request("GET", "/api/v1/me")).await.unwrap();
    // Tokens come back while we spend them.
    for _ in 0..5_000 {
        if response.status() != 401 {
            break;
        }
        response = gateway.clone().oneshot(request("GET", "/api/v1/me")).await.unwrap();
    }
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(response.headers()["ratelimit-policy"], "\"other\";q=200;w=60");
    let response = gateway.oneshot(request("GET", "/healthz")).await.unwrap();
    assert_eq!(response.status(), 200, "probes are not limited");
}

#[test]
fn the_description_is_complete() {
    let document = serde_json::to_value(openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = &document["components"]["schemas"];
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is taken");
            assert!(operation["tags"][0] != "", "{method} {path}");
            let problem = &operation["responses"]["default"]["content"][problem::MEDIA_TYPE]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/ProblemBody", "{method} {path}");
        }
    }
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(!schemas[name].is_null(), "{name} is not described");
    }
}
