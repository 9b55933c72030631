//! Entity tags, and the conditions that requests put on them (RFC 9110, section 13).
//!
//! Check conditions only after the right: a stranger must not learn from a 304 or a 412 that
//! something exists.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fardel_domain::problem::{Problem, ProblemCode};

/// A strong entity tag with its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(String);

/// The tag of a resource that counts its changes.
pub fn of_version(version: i64) -> Etag {
    Etag(format!("\"{version}\""))
}

/// The tag of a resource that is told apart by `text`; only letters, digits and `-._` of it count.
pub fn of_text(text: &str) -> Etag {
    let is_safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    Etag(format!("\"{}\"", text.chars().filter(is_safe).collect::<String>()))
}

/// The headers of an answer with this tag: the client may keep it, but must ask each time.
pub fn header(etag: &Etag) -> [(HeaderName, HeaderValue); 2] {
    // The makers of tags let nothing through that a header could not hold.
    let value = HeaderValue::from_str(&etag.0).unwrap_or(HeaderValue::from_static("\"\""));
    [(header::ETAG, value), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))]
}

/// 304 when `If-None-Match` says that the client has this state already (weak comparison).
pub fn not_modified(headers: &HeaderMap, etag: &Etag) -> Option<Response> {
    let known = listed(headers, &header::IF_NONE_MATCH)?
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag.0);
    known.then(|| (StatusCode::NOT_MODIFIED, header(etag)).into_response())
}

/// The `If-Match` of a request, to be checked against the state that is about to be changed.
#[derive(Debug, Clone)]
pub struct IfMatch(Option<Vec<String>>);

impl From<&HeaderMap> for IfMatch {
    fn from(headers: &HeaderMap) -> Self {
        Self(listed(headers, &header::IF_MATCH).map(|tags| tags.map(str::to_owned).collect()))
    }
}

impl IfMatch {
    /// 412 `precondition-failed` when there is a condition that `etag` does not meet (strong
    /// comparison).
    pub fn check(&self, etag: &Etag) -> Result<(), Problem> {
        match &self.0 {
            Some(tags) if !tags.iter().any(|tag| tag == "*" || *tag == etag.0) => Err(Problem::new(
                ProblemCode::PreconditionFailed,
                "It changed since you read it, so nothing was done. Read it again and decide anew.",
            )),
            _ => Ok(()),
        }
    }
}

/// The tags in all headers of this name; `None` without one.
fn listed<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<impl Iterator<Item = &'h str> + use<'h>> {
    headers.contains_key(name).then(|| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn conditions_compare_tags_as_rfc_9110_says() {
        let etag = of_version(7);
        for (value, holds) in
            [("\"7\"", true), ("*", true), ("\"6\", \"7\"", true), ("\"6\"", false), ("W/\"7\"", false), ("", false)]
        {
            assert_eq!(IfMatch::from(&with(header::IF_MATCH, value)).check(&etag).is_ok(), holds, "{value}");
        }
        assert!(IfMatch::from(&HeaderMap::new()).check(&etag).is_ok());
        for (value, known) in [("\"7\"", true), ("W/\"7\"", true), ("*", true), ("\"6\"", false)] {
            assert_eq!(not_modified(&with(header::IF_NONE_MATCH, value), &etag).is_some(), known, "{value}");
        }
        assert!(not_modified(&HeaderMap::new(), &etag).is_none());
    }
}
