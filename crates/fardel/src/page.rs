//! The web page, embedded: hashed assets for ever, the shell never without asking.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use url::{Host, Url};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Assets;

const SHELL: &str = "index.html";

/// Serves the page's files, and its shell on every path that the page routes itself.
pub fn router(public_url: &Url) -> Router {
    let shell = {
        let public_url = public_url.clone();
        get(move |request: Request| async move {
            elsewhere(&request, &public_url).unwrap_or_else(|| file(request.headers(), SHELL, "no-cache"))
        })
    };
    let mut router = Router::new().route(
        "/assets/{*path}",
        get(|request: Request| async move {
            let path = request.uri().path().trim_start_matches('/').to_owned();
            file(request.headers(), &path, "public, max-age=31536000, immutable")
        }),
    );
    for path in ["/", "/setup", "/sign-in", "/folders/{id}", "/trash", "/settings"] {
        router = router.route(path, shell.clone());
    }
    for path in ["/icon.svg", "/robots.txt"] {
        router = router.route(
            path,
            get(move |headers: HeaderMap| async move { file(&headers, path.trim_start_matches('/'), "no-cache") }),
        );
    }
    router
}

/// To the public URL, for a browser on this machine that typed another name of it (`localhost` for
/// `127.0.0.1`): cookies and signed URLs belong to one name.
fn elsewhere(request: &Request, public_url: &Url) -> Option<Response> {
    let asked = request.headers().get(header::HOST)?.to_str().ok()?;
    let asked = Url::parse(&format!("http://{asked}")).ok()?;
    let is_alias = is_loopback(&asked)
        && is_loopback(public_url)
        && asked.host() != public_url.host()
        && asked.port_or_known_default() == public_url.port_or_known_default();
    if !is_alias {
        return None;
    }
    let mut target = public_url.clone();
    target.set_path(request.uri().path());
    target.set_query(request.uri().query());
    Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, String::from(target))]).into_response())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A file of the page, brotli-compressed where the build made that and the browser takes it.
fn file(headers: &HeaderMap, path: &str, cache_control: &'static str) -> Response {
    let takes_brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|coding| coding.trim().split(';').next() == Some("br")));
    let compressed = takes_brotli.then(|| Assets::get(&format!("{path}.br"))).flatten();
    let (asset, coding) = match (compressed, Assets::get(path)) {
        (Some(asset), _) => (asset, Some("br")),
        (None, Some(asset)) => (asset, None),
        (None, None) if path == SHELL => return not_built(),
        (None, None) => return StatusCode::NOT_FOUND.into_response(),
    };
    let etag = etag(&asset, coding);
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(asset.data.into_owned()))
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    let media_type = match media_type.essence_str() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    if let Ok(media_type) = HeaderValue::from_str(&media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn etag(asset: &EmbeddedFile, coding: Option<&str>) -> String {
    let hash = hex::encode(&asset.metadata.sha256_hash()[..16]);
    format!("\"{hash}{}\"", coding.map(|coding| format!("-{coding}")).unwrap_or_default())
}

fn not_built() -> Response {
    (StatusCode::NOT_FOUND, "This build of Fardel has no web page in it. Build it with `make build`.\n").into_response()
}
