//! The answers of the edge that are no content, and the headers that every content carries.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use fardel_domain::problem::{Problem, ProblemCode};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::preconditions::Validators;

/// Why there is no content in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No right, whatever the reason.
    Forbidden,
    /// Neither GET nor HEAD.
    Method,
    /// The preconditions do not hold.
    Precondition,
    /// The range lies outside the content of this many bytes.
    Range(u64),
    /// The origin or the store does not answer.
    Unavailable,
}

impl Refusal {
    fn problem(self) -> Problem {
        match self {
            Self::Forbidden => Problem::forbidden(),
            Self::Method => Problem::new(ProblemCode::MethodNotAllowed, "Contents are read with GET or HEAD."),
            Self::Precondition => {
                Problem::new(ProblemCode::PreconditionFailed, "The content is not the one that the request names.")
            }
            Self::Range(size) => Problem::new(
                ProblemCode::RangeNotSatisfiable,
                format!("The content has {size} bytes; ask for a range within them."),
            ),
            Self::Unavailable => Problem::unavailable("The storage"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let body = serde_json::json!({
            "type": problem.code.type_uri(),
            "title": problem.code.title(),
            "status": problem.code.status(),
            "detail": problem.detail,
            "code": problem.code.code(),
        })
        .to_string();
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LENGTH, body.len().into());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        match self {
            Self::Method => _ = headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD")),
            Self::Range(size) => {
                if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            _ => {}
        }
        *response.body_mut() = Body::from(body);
        // Behind the gateway its outermost layer adds which request and which trace it was.
        response.extensions_mut().insert(problem);
        response
    }
}

/// What keeps a content from acting in the name of the site that serves it.
const CONTAINMENT: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox",
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Adds what 200, 206 and 304 share. A cache may keep the answer until the URL expires, and only the client's own.
pub(crate) fn add_content_headers(headers: &mut HeaderMap, validators: Validators, remaining: Duration) {
    headers.reserve(16);
    for (name, value) in CONTAINMENT {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::try_from(format!("private, max-age={}", remaining.as_secs())) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    headers.insert(header::ETAG, validators.etag);
    headers.insert(header::LAST_MODIFIED, validators.last_modified);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}
