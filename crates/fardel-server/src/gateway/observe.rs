//! The outermost layer: names each request, measures it, writes its problem and its log line.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use fardel_db::{DbTime, measured};
use fardel_domain::problem::Problem;
use futures_util::FutureExt;
use http_body::Body;
use rand::random;

use super::headers::is_api;
use crate::{answer::problem, app::App, identity::ClientAddress};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The trace that a request belongs to (W3C Trace Context).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits, from the caller if it sent any.
    pub id: String,
    span_id: String,
    flags: String,
}

/// Runs the request and finishes its answer.
pub(super) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let trace = Trace::continued(request.headers());
    let request_id = request_id(request.headers(), &trace);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = route(&request, &path);
    let client = ClientAddress::of(request.extensions(), request.headers(), &app.settings.trusted_proxies);
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(app);

    let (response, db) = measured(next.run(request)).await;
    let mut response = problem::render(with_problem(response, &path), &path, &trace.id);

    let total = start.elapsed();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    if let Ok(value) = HeaderValue::from_str(&trace.header()) {
        headers.insert(TRACEPARENT, value);
    }
    if let Ok(value) = HeaderValue::from_str(&server_timing(total, db)) {
        headers.append(SERVER_TIMING, value);
    }
    tracing::info!(
        target: "fardel::access",
        %method,
        route,
        status = response.status().as_u16(),
        ms = u64::try_from(total.as_millis()).unwrap_or(u64::MAX),
        bytes = length(&response),
        client = %client.0,
        request_id,
        trace_id = trace.id,
    );
    response
}

/// A fault in a handler costs its own request only.
pub(super) async fn catch_panics(request: Request, next: Next) -> Response {
    let trace_id = request.extensions().get::<Trace>().map(|trace| trace.id.clone());
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(trace_id, "a handler panicked");
        problem::response(Problem::internal())
    })
}

impl Trace {
    fn continued(headers: &HeaderMap) -> Self {
        let hex = |bytes: &[u8]| hex::encode(bytes);
        let span_id = hex(&random::<[u8; 8]>());
        match headers.get(TRACEPARENT).and_then(|value| parse_traceparent(value.to_str().ok()?)) {
            Some((id, flags)) => Self { id, span_id, flags },
            None => Self { id: hex(&random::<[u8; 16]>()), span_id, flags: "00".to_owned() },
        }
    }

    fn header(&self) -> String {
        format!("00-{}-{}-{}", self.id, self.span_id, self.flags)
    }
}

/// The trace id and flags of a sound `traceparent`.
fn parse_traceparent(text: &str) -> Option<(String, String)> {
    let fields: Vec<&str> = text.split('-').collect();
    let [version, trace_id, parent_id, flags, ..] = fields[..] else { return None };
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
    let sound = is_hex(version, 2)
        && version != "ff"
        && (fields.len() == 4 || version != "00")
        && is_hex(trace_id, 32)
        && !is_zero(trace_id)
        && is_hex(parent_id, 16)
        && !is_zero(parent_id)
        && is_hex(flags, 2);
    sound.then(|| (trace_id.to_owned(), flags.to_owned()))
}

/// The caller's own id if it is harmless in a log, else the trace's.
fn request_id(headers: &HeaderMap, trace: &Trace) -> String {
    let is_sane = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let own = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_sane);
    own.map_or_else(|| trace.id.clone(), str::to_owned)
}

/// The pattern of the route: the path itself may hold secrets and would make each line its own kind.
fn route(request: &Request, path: &str) -> String {
    if let Some(matched) = request.extensions().get::<MatchedPath>() {
        return matched.as_str().to_owned();
    }
    let area = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match area {
        "api" | "store" | "cdn" | "s" | "assets" => format!("/{area}/*"),
        _ => "/*".to_owned(),
    }
}

/// Error answers that a library wrote by itself become problems as well.
fn with_problem(mut response: Response, path: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let is_content = path.starts_with("/store/") || path.starts_with("/cdn/");
    if is_api(path) || (is_bare && !is_content) {
        response.extensions_mut().insert(problem::for_status(status));
    }
    response
}

fn server_timing(total: std::time::Duration, db: DbTime) -> String {
    let ms = |span: std::time::Duration| span.as_secs_f64() * 1_000.0;
    format!("total;dur={:.2}, db;dur={:.2};desc=\"{} calls\"", ms(total), ms(db.duration), db.calls)
}

/// Known for everything but streams of unknown length.
fn length(response: &Response) -> Option<u64> {
    let announced = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(announced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_and_id_are_taken_only_when_sound() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let good = format!("00-{id}-b7ad6b7169203331-01");
        assert_eq!(parse_traceparent(&good), Some((id.to_owned(), "01".to_owned())));
        for bad in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            &good.to_uppercase(),
            &format!("ff-{id}-b7ad6b7169203331-01"),
            &format!("{good}-extra"),
            &format!("00-{id}-0000000000000000-01"),
            &format!("00-{id}\n-b7ad6b7169203331-01"),
        ] {
            assert_eq!(parse_traceparent(bad), None, "{bad}");
        }

        let trace = Trace::continued(&HeaderMap::new());
        for (sent, taken) in
            [("abc-123", true), ("a b", false), ("\u{1b}[31m", false), (&"a".repeat(65), false), ("", false)]
        {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(sent) {
                headers.insert(REQUEST_ID, value);
            }
            assert_eq!(request_id(&headers, &trace) == sent, taken, "{sent:?}");
        }
    }
}
