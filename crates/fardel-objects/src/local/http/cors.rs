//! Cross-origin rules: the page's own origins may send and fetch, no others.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::super::xml::{Code, Rejection};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, PUT");
/// What a page may send: the signed headers, and those that fetching with ranges needs.
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("content-length, content-type, if-none-match, range, x-amz-checksum-sha256");
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("content-range, etag, x-amz-checksum-sha256, x-amz-request-id");
const ONE_DAY: HeaderValue = HeaderValue::from_static("86400");

/// The origins that the operator allowed, exactly as browsers send them.
pub(super) struct AllowedOrigins(Vec<HeaderValue>);

impl AllowedOrigins {
    pub fn new(origins: Vec<String>) -> Self {
        let parse = |origin: String| HeaderValue::from_str(origin.trim_end_matches('/')).ok();
        Self(origins.into_iter().filter_map(parse).collect())
    }

    /// The origin of a request when it is allowed.
    pub fn of(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.0.iter().find(|allowed| *allowed == origin).cloned()
    }

    pub fn preflight(&self, origin: Option<HeaderValue>, headers: &HeaderMap) -> Response {
        let mut response = if origin.is_some() && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            let mut response = StatusCode::OK.into_response();
            let answer = response.headers_mut();
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, ONE_DAY);
            response
        } else {
            Rejection::new(Code::AccessForbidden, "CORSResponse: This CORS request is not allowed.").into_response()
        };
        self.expose(origin, response.headers_mut());
        response
    }

    /// Lets the page read an answer. `Vary` is there for every origin, or a shared cache would mix them.
    #[expect(clippy::unused_self, reason = "reads as the rule of these origins")]
    pub fn expose(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}
