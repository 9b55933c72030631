//! Conditional requests (RFC 9110 §13) on contents with a strong entity tag.

use fardel_domain::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use time::{PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// `Sun, 06 Nov 1994 08:49:37 GMT`. The two obsolete forms are no longer sent by anyone and count as absent.
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// What the preconditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Answer as if there were none.
    Serve,
    /// The client has it already: 304.
    NotModified,
    /// The client wants another state than the present: 412.
    Failed,
}

/// The validators of a content.
#[derive(Debug)]
pub(crate) struct Validators {
    /// The entity tag in quotes.
    pub(crate) etag: HeaderValue,
    /// When the content last changed, as an HTTP date.
    pub(crate) last_modified: HeaderValue,
    modified_at: i64,
}

impl Validators {
    /// From the tag without quotes; `None` when it cannot stand in a header.
    pub(crate) fn new(etag: &str, modified_at: Timestamp) -> Option<Self> {
        let date = modified_at.to_date_time().format(HTTP_DATE).ok()?;
        Some(Self {
            etag: HeaderValue::try_from(format!("\"{etag}\"")).ok()?,
            last_modified: HeaderValue::try_from(date).ok()?,
            modified_at: modified_at.seconds(),
        })
    }

    /// Evaluates in the order of RFC 9110 §13.2.2.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Verdict {
        if headers.contains_key(header::IF_MATCH) {
            if !self.is_listed(headers, &header::IF_MATCH, false) {
                return Verdict::Failed;
            }
        } else if date(headers, &header::IF_UNMODIFIED_SINCE).is_some_and(|since| self.modified_at > since) {
            return Verdict::Failed;
        }
        let unchanged = if headers.contains_key(header::IF_NONE_MATCH) {
            self.is_listed(headers, &header::IF_NONE_MATCH, true)
        } else {
            date(headers, &header::IF_MODIFIED_SINCE).is_some_and(|since| self.modified_at <= since)
        };
        if unchanged { Verdict::NotModified } else { Verdict::Serve }
    }

    /// Whether `Range` counts: no `If-Range`, or one that names exactly this state.
    pub(crate) fn honours_range(&self, headers: &HeaderMap) -> bool {
        headers.get(header::IF_RANGE).is_none_or(|value| *value == self.etag || *value == self.last_modified)
    }

    fn is_listed(&self, headers: &HeaderMap, name: &HeaderName, weakly: bool) -> bool {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(
            |tag| {
                let tag = tag.trim();
                let tag = if weakly { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
                tag == "*" || self.etag == tag
            },
        )
    }
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<i64> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(PrimitiveDateTime::parse(text, HTTP_DATE).ok()?.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn validators() -> Validators {
        Validators::new("abc", Timestamp::from_micros(784_111_777_900_000)).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn preconditions_follow_the_order_of_the_rfc() {
        assert_eq!(validators().last_modified, DATE);
        for (pairs, verdict) in [
            (&[][..], Verdict::Serve),
            (&[("if-none-match", "\"abc\"")], Verdict::NotModified),
            (&[("if-none-match", "\"x\", W/\"abc\"")], Verdict::NotModified),
            (&[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")], Verdict::NotModified),
            (&[("if-none-match", "*")], Verdict::NotModified),
            (&[("if-none-match", "abc")], Verdict::Serve),
            (&[("if-none-match", "\"x\""), ("if-modified-since", DATE)], Verdict::Serve),
            (&[("if-modified-since", DATE)], Verdict::NotModified),
            (&[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")], Verdict::Serve),
            (&[("if-modified-since", "yesterday")], Verdict::Serve),
            (&[("if-match", "\"abc\"")], Verdict::Serve),
            (&[("if-match", "*")], Verdict::Serve),
            (&[("if-match", "W/\"abc\"")], Verdict::Failed),
            (&[("if-match", "\"x\""), ("if-none-match", "\"abc\"")], Verdict::Failed),
            (&[("if-unmodified-since", DATE)], Verdict::Serve),
            (&[("if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT")], Verdict::Failed),
        ] {
            assert_eq!(validators().check(&headers(pairs)), verdict, "{pairs:?}");
        }
    }

    #[test]
    fn a_range_counts_only_for_the_state_that_the_client_has() {
        for (value, counts) in [
            ("\"abc\"", true),
            (DATE, true),
            ("W/\"abc\"", false),
            ("\"x\"", false),
            ("Sun, 06 Nov 1994 08:49:38 GMT", false),
        ] {
            assert_eq!(validators().honours_range(&headers(&[("if-range", value)])), counts, "{value}");
        }
        assert!(validators().honours_range(&HeaderMap::new()));
    }
}
