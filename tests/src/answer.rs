//! What came back, and what every problem has to be like.

use std::{fmt::Write, path::PathBuf};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    pub(crate) log: PathBuf,
}

impl Answer {
    pub(crate) async fn read(request: String, response: reqwest::Response, log: PathBuf) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{request}: the body broke off: {error}"));
        Self { request, status, headers, body, log }
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: no JSON: {error}", self.told()))
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        self.expect_status(status);
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The answer itself, which must have this status.
    #[track_caller]
    pub fn expect_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.told());
        self
    }

    /// The problem of an answer that must be this one, in the one shape that errors have, without
    /// anything of the server's inside.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.any_problem();
        assert_eq!(
            (self.status, problem["code"].as_str().unwrap_or_default()),
            (status, code),
            "expected {status} {code}: {}",
            self.told()
        );
        problem
    }

    /// The problem, whichever it is.
    #[track_caller]
    pub fn any_problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.told());
        let problem = self.json();
        let told = self.told();
        let text = |member: &str| problem[member].as_str().unwrap_or_else(|| panic!("no {member}: {told}")).to_owned();
        assert_eq!(problem["status"].as_u64(), Some(u64::from(self.status)), "{told}");
        assert_eq!(text("type"), format!("/problems/{}", text("code")), "{told}");
        for member in ["title", "detail", "instance", "traceId"] {
            assert!(!text(member).is_empty(), "{member} is empty: {told}");
        }
        assert!(text("instance").starts_with('/') && !text("instance").contains('?'), "{told}");
        assert!(self.header("cache-control").contains("no-store"), "a problem may be cached: {told}");
        self.assert_reveals_nothing();
        problem
    }

    /// The pointers of a problem's wrong fields.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.any_problem();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| Some(error["pointer"].as_str()?.to_owned())).collect()
    }

    /// No stack, no path, no SQL and no library's name in the body.
    #[track_caller]
    pub fn assert_reveals_nothing(&self) {
        let text = self.text();
        let revealing = [
            "panicked",
            "RUST_BACKTRACE",
            ".rs:",
            "/src/",
            "/tmp/",
            "/home/",
            "/root/",
            "SELECT ",
            "INSERT ",
            "UPDATE ",
            "sqlx",
            "sqlite",
            "postgres",
            "axum",
            "hyper",
            "root:x:",
        ];
        for trace in revealing {
            assert!(!text.contains(trace), "the body tells {trace:?}: {}", self.told());
        }
    }

    /// A problem's body without the two members that differ between equal answers.
    #[track_caller]
    pub fn comparable(&self) -> String {
        let mut problem = self.any_problem();
        if let Some(members) = problem.as_object_mut() {
            members.remove("traceId");
            members.remove("instance");
        }
        // Also the order of members, and every byte between them.
        let (trace, instance) = (self.json()["traceId"].clone(), self.json()["instance"].clone());
        let raw = self.text().replace(&trace.to_string(), "\"\"").replace(&instance.to_string(), "\"\"");
        format!("{} {problem} {raw}", self.status)
    }

    /// The answer in a message.
    pub fn told(&self) -> String {
        let body: String = self.text().chars().take(1_500).collect();
        let mut told = format!("{} → {} {body}", self.request, self.status);
        if self.status >= 500 {
            let log = std::fs::read(&self.log).unwrap_or_default();
            let log = String::from_utf8_lossy(&log[log.len().saturating_sub(3_000)..]).into_owned();
            let _ = write!(told, "\n---- the end of the server's log\n{log}");
        }
        told
    }
}
