//! The HTTP side of the store at `/store/{key}`.

mod cors;
mod download;
mod upload;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use fardel_domain::object_store::ObjectKey;
use http::{HeaderMap, Method};

use self::cors::AllowedOrigins;
use super::{
    BUCKET, LocalStore,
    xml::{Code, Rejection},
};
use crate::sigv4::VerifiedRequest;

/// What the handlers share.
struct Door {
    store: Arc<LocalStore>,
    origins: AllowedOrigins,
}

/// Serves presigned PUT, GET and HEAD at `/store/{key}`, and CORS preflights of `allowed_origins`
/// (such as `https://files.example`). The whole path is signed: mount it at the root.
pub fn router(store: Arc<LocalStore>, allowed_origins: Vec<String>) -> Router {
    let door = Arc::new(Door { store, origins: AllowedOrigins::new(allowed_origins) });
    Router::new()
        .route("/store/{*key}", any(serve))
        .route("/store", any(serve))
        .route("/store/", any(serve))
        .with_state(door)
}

async fn serve(State(door): State<Arc<Door>>, request: Request) -> Response {
    let origin = door.origins.of(request.headers());
    if request.method() == Method::OPTIONS {
        return door.origins.preflight(origin, request.headers());
    }
    let mut response = answer(&door.store, request).await.unwrap_or_else(IntoResponse::into_response);
    door.origins.expose(origin, response.headers_mut());
    response
}

async fn answer(store: &Arc<LocalStore>, request: Request) -> Result<Response, Rejection> {
    if ![Method::PUT, Method::GET, Method::HEAD].contains(request.method()) {
        return Err(not_implemented("this store honours presigned PUT, GET and HEAD only"));
    }
    let verified = store.verifier.verify(request, store.clock.now())?;
    let key = verified
        .path()
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(BUCKET))
        .and_then(|path| path.strip_prefix('/'))
        .and_then(ObjectKey::parse)
        .ok_or_else(|| Rejection::new(Code::InvalidURI, "no object of this store can have this key"))?;
    if *verified.method() == Method::PUT {
        upload::put(store, key, verified).await
    } else {
        download::get(store, key, verified).await
    }
}

fn not_implemented(message: impl Into<String>) -> Rejection {
    Rejection::new(Code::NotImplemented, message)
}

/// Refuses parameters and signed headers that this store does not know: what it does not check it
/// must not seem to honour.
fn only(
    verified: &VerifiedRequest<Body>,
    operation: &str,
    parameters: &[&str],
    signed_headers: &[&str],
) -> Result<(), Rejection> {
    for (name, value) in verified.query() {
        let known = parameters.contains(&name.as_str()) || (name == "x-id" && value == operation);
        if !known {
            return Err(Rejection::new(Code::InvalidArgument, format!("the parameter {name} is not known here")));
        }
    }
    for (name, value) in verified.signed_headers() {
        let known = match name.as_str() {
            "x-amz-content-sha256" => value == "UNSIGNED-PAYLOAD",
            name if name.starts_with("x-amz-") => signed_headers.contains(&name),
            _ => true,
        };
        if !known {
            return Err(not_implemented(format!(
                "A header you provided implies functionality that is not implemented: {name}"
            )));
        }
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
