//! What is refused before it reaches a route: odd methods, requests from other sites, odd bodies.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use fardel_domain::problem::{Problem, ProblemCode};

use super::Gateway;
use crate::answer::{Failure, json::is_json, problem};

/// The methods that anything here takes.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// The head of a request, from the method to the last header, may be this long.
const HEAD_LIMIT: usize = 64 * 1024;

/// Refuses methods that nothing takes (405), heads that are too long (431) and HTTP/1.1 without
/// `Host` (400), wherever they are sent.
pub(super) async fn sound_requests(request: Request, next: Next) -> Response {
    if !METHODS.contains(request.method()) {
        let mut response = problem::response(problem::method_not_allowed());
        let allow = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    // RFC 9112, section 3.2.
    if request.version() == Version::HTTP_11 && request.headers().get_all(header::HOST).iter().count() != 1 {
        let detail = "Send exactly one Host header.";
        return problem::response(Problem::new(ProblemCode::InvalidRequest, detail));
    }
    if head_length(&request) > HEAD_LIMIT {
        let detail =
            format!("The head of a request may have at most {HEAD_LIMIT} bytes. Send fewer or shorter headers.");
        let mut response = problem::response(Problem::new(ProblemCode::HeadersTooLarge, detail));
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}

fn head_length(request: &Request) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    // ": " and the line's end.
    request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + target
}

/// Guards the API: writes from pages of other sites, and bodies that are no plain JSON.
pub(super) async fn api_requests(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match check(&gateway.origin, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => Failure(problem).into_response(),
    }
}

fn check(own_origin: &str, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(problem::unsupported_media_type());
    }
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Ok(());
    }
    if is_cross_site(own_origin, headers) {
        return Err(Problem::new(
            ProblemCode::CrossSite,
            "This came from a page of another site. Use the site's own address, or a program with an API key.",
        ));
    }
    // A form on another page can send other types without asking first.
    if headers.contains_key(header::CONTENT_TYPE) && !is_json(headers) {
        return Err(problem::unsupported_media_type());
    }
    Ok(())
}

/// Browsers tell where a write comes from; programs tell nothing.
fn is_cross_site(own_origin: &str, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return true;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return false };
    if origins.next().is_some() {
        return true;
    }
    let Ok(origin) = origin.to_str() else { return true };
    // A page may also be open under another name of this server, such as localhost.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let names_host = origin.split_once("://").is_some_and(|(_, name)| host == Some(name));
    origin != own_origin && !names_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_from_other_sites_are_refused() {
        let own = "https://files.example.org";
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect::<HeaderMap>()
        };
        for (pairs, code) in [
            (&[][..], None),
            (&[("origin", "https://files.example.org"), ("sec-fetch-site", "same-origin")], None),
            (&[("origin", "http://localhost:8080"), ("host", "localhost:8080")], None),
            (&[("sec-fetch-site", "none")], None),
            (&[("origin", "https://evil.example"), ("host", "files.example.org")], Some("cross-site")),
            (&[("origin", "https://app.files.example.org"), ("host", "files.example.org")], Some("cross-site")),
            (&[("origin", "http://files.example.org.evil.example"), ("host", "files.example.org")], Some("cross-site")),
            (&[("origin", "null"), ("host", "files.example.org")], Some("cross-site")),
            (&[("sec-fetch-site", "cross-site")], Some("cross-site")),
            (&[("sec-fetch-site", "same-site")], Some("cross-site")),
            (&[("content-type", "application/json")], None),
            (&[("content-type", "application/json; charset=utf-8")], None),
            (&[("content-type", "text/plain")], Some("unsupported-media-type")),
            (&[("content-type", "application/x-www-form-urlencoded")], Some("unsupported-media-type")),
            (&[("content-type", "application/json"), ("content-encoding", "gzip")], Some("unsupported-media-type")),
        ] {
            let refused = check(own, &Method::POST, &headers(pairs)).err().map(|problem| problem.code.code());
            assert_eq!(refused, code, "{pairs:?}");
        }
        assert!(check(own, &Method::GET, &headers(&[("origin", "https://evil.example")])).is_ok());
    }
}
