//! GET and HEAD of an object, with one range and preconditions.

use std::{ops::Range, sync::Arc};

use axum::{body::Body, response::Response};
use fardel_domain::object_store::{ObjectKey, StoreError};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use super::{
    super::{
        LocalStore, blocking, read,
        record::Record,
        xml::{REQUEST_ID, Rejection, request_id},
    },
    only, text,
};
use crate::sigv4::VerifiedRequest;

pub(super) async fn get(
    store: &Arc<LocalStore>,
    key: ObjectKey,
    verified: VerifiedRequest<Body>,
) -> Result<Response, Rejection> {
    let head_only = *verified.method() == Method::HEAD;
    only(&verified, if head_only { "HeadObject" } else { "GetObject" }, &[], &["x-amz-checksum-mode"])?;
    let headers = verified.headers().clone();
    let layout = Arc::clone(&store.layout);
    let (record, outcome) = blocking(move || {
        let object = read::open(&layout, &key)?.ok_or(StoreError::NotFound)?;
        let record = object.record;
        let outcome = match decide(&headers, &record) {
            Decision::Send(status, range) if head_only => Outcome::Head(status, range),
            Decision::Send(status, range) => Outcome::Body(status, read::read(&Arc::new(object), range)?),
            Decision::NotModified => Outcome::NotModified,
            Decision::Failed => Outcome::Failed,
            Decision::OutOfRange => return Err(StoreError::InvalidRange(record.size)),
        };
        Ok((record, outcome))
    })
    .await?;

    let (status, range, body) = match outcome {
        Outcome::Failed => return Err(StoreError::AlreadyExists.into()),
        Outcome::NotModified => (StatusCode::NOT_MODIFIED, None, Body::empty()),
        Outcome::Head(status, range) => (status, Some(range), Body::empty()),
        Outcome::Body(status, mut read) => {
            let range = read.range.clone();
            let whole = range.end - range.start <= WHOLE_MAX;
            let body = match if whole { read.body.next().await } else { None } {
                Some(bytes) => Body::from(bytes?),
                None => Body::from_stream(read.body),
            };
            (status, Some(range), body)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    describe(response.headers_mut(), &record, status, range);
    Ok(response)
}

/// Bodies up to this size are one buffer.
const WHOLE_MAX: u64 = read::WHOLE_MAX;

enum Outcome {
    Head(StatusCode, Range<u64>),
    Body(StatusCode, fardel_domain::object_store::ObjectRead),
    NotModified,
    Failed,
}

/// What the preconditions and the range ask for.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Send(StatusCode, Range<u64>),
    NotModified,
    Failed,
    OutOfRange,
}

/// RFC 9110, section 13.2.2: If-Match, then If-None-Match or If-Modified-Since, then If-Range.
fn decide(headers: &HeaderMap, record: &Record) -> Decision {
    let etag = format!("\"{}\"", record.etag());
    let lists =
        |name| text(headers, &name).map(|list| list.trim() == "*" || list.split(',').any(|tag| weak(tag) == etag));
    if lists(header::IF_MATCH) == Some(false) {
        return Decision::Failed;
    }
    let unmodified_since =
        |name| text(headers, &name).and_then(parse_date).map(|date| record.made_at.seconds() <= date);
    let not_modified = lists(header::IF_NONE_MATCH).or_else(|| unmodified_since(header::IF_MODIFIED_SINCE));
    if not_modified == Some(true) {
        return Decision::NotModified;
    }
    let range_holds = text(headers, &header::IF_RANGE).is_none_or(|validator| {
        validator.trim() == etag || parse_date(validator).is_some_and(|date| date == record.made_at.seconds())
    });
    let whole = Decision::Send(StatusCode::OK, 0..record.size);
    match text(headers, &header::RANGE).filter(|_| range_holds).map(|range| parse_range(range, record.size)) {
        None | Some(Asked::Ignored) => whole,
        Some(Asked::Part(range)) => Decision::Send(StatusCode::PARTIAL_CONTENT, range),
        Some(Asked::OutOfRange) => Decision::OutOfRange,
    }
}

fn weak(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Part(Range<u64>),
    /// Several ranges, another unit or no range at all: the whole is the answer.
    Ignored,
    OutOfRange,
}

/// One byte range (RFC 9110, section 14.1.2).
fn parse_range(text: &str, size: u64) -> Asked {
    let Some(spec) = text.trim().strip_prefix("bytes=") else { return Asked::Ignored };
    let Some((first, last)) = spec.trim().split_once('-') else { return Asked::Ignored };
    // Digits beyond what a number holds are a position beyond every object.
    let number = |digits: &str| {
        let sound = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| digits.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => Asked::Ignored,
        (Some(first), _) if first >= size && (last.is_empty() || number(last).is_some()) => Asked::OutOfRange,
        (Some(first), Some(last)) => Asked::Part(first..last.saturating_add(1).min(size)),
        (Some(first), None) if last.is_empty() => Asked::Part(first..size),
        (None, Some(0)) if first.is_empty() => Asked::OutOfRange,
        (None, Some(_)) if first.is_empty() && size == 0 => Asked::OutOfRange,
        (None, Some(suffix)) if first.is_empty() => Asked::Part(size.saturating_sub(suffix)..size),
        _ => Asked::Ignored,
    }
}

/// IMF-fixdate, the form that HTTP clients send, in seconds since 1970.
fn parse_date(text: &str) -> Option<i64> {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    PrimitiveDateTime::parse(text.trim(), format).ok().map(|date| date.assume_utc().unix_timestamp())
}

fn http_date(date: OffsetDateTime) -> String {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    date.format(format).unwrap_or_default()
}

fn describe(headers: &mut HeaderMap, record: &Record, status: StatusCode, range: Option<Range<u64>>) {
    let text = |text: String| HeaderValue::from_str(&text).expect("visible ASCII");
    headers.insert(header::ETAG, text(format!("\"{}\"", record.etag())));
    headers.insert(header::LAST_MODIFIED, text(http_date(record.made_at.to_date_time())));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(REQUEST_ID, text(request_id()));
    // What users stored must not act as a page of the origin that serves it.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Some(range) = range {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        if status == StatusCode::PARTIAL_CONTENT {
            headers.insert(
                header::CONTENT_RANGE,
                text(format!("bytes {}-{}/{}", range.start, range.end - 1, record.size)),
            );
        } else {
            let checksum = record.digest.to_base64();
            let (checksum, kind) = match record.part_size {
                None => (checksum, "FULL_OBJECT"),
                Some(part_size) => (format!("{checksum}-{}", record.size.div_ceil(part_size).max(1)), "COMPOSITE"),
            };
            headers.insert("x-amz-checksum-sha256", text(checksum));
            headers.insert("x-amz-checksum-type", HeaderValue::from_static(kind));
        }
    }
}

#[cfg(test)]
mod tests {
    use fardel_domain::{checksum::Sha256, time::Timestamp};

    use super::*;

    #[test]
    fn ranges_follow_rfc_9110() {
        let part = |range| Asked::Part(range);
        for (asked, answer) in [
            ("bytes=0-0", part(0..1)),
            ("bytes=2-", part(2..10)),
            ("bytes=2-99", part(2..10)),
            ("bytes=-3", part(7..10)),
            ("bytes=-99", part(0..10)),
            ("bytes=0-18446744073709551615", part(0..10)),
            ("bytes=10-", Asked::OutOfRange),
            ("bytes=-0", Asked::OutOfRange),
            ("bytes=18446744073709551616-", Asked::OutOfRange),
            ("bytes=3-2", Asked::Ignored),
            ("bytes=0-1,3-4", Asked::Ignored),
            ("bytes=a-b", Asked::Ignored),
            ("bytes=--1", Asked::Ignored),
            ("bytes=", Asked::Ignored),
            ("lines=0-1", Asked::Ignored),
        ] {
            assert_eq!(parse_range(asked, 10), answer, "{asked}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Asked::OutOfRange);
    }

    #[test]
    fn preconditions_follow_rfc_9110() {
        let record = Record {
            size: 10,
            part_size: None,
            made_at: Timestamp::from_seconds(1_700_000_000),
            digest: Sha256::of(b"x"),
        };
        let etag = format!("\"{}\"", record.etag());
        let date = http_date(record.made_at.to_date_time());
        assert_eq!(date, "Tue, 14 Nov 2023 22:13:20 GMT");
        let decision = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
            decide(&headers.collect(), &record)
        };
        let whole = Decision::Send(StatusCode::OK, 0..10);
        let part = Decision::Send(StatusCode::PARTIAL_CONTENT, 0..1);
        assert_eq!(decision(&[]), whole);
        assert_eq!(decision(&[("if-none-match", &etag)]), Decision::NotModified);
        assert_eq!(decision(&[("if-none-match", &format!("\"a\", W/{etag}"))]), Decision::NotModified);
        assert_eq!(decision(&[("if-none-match", "\"a\""), ("if-modified-since", &date)]), whole);
        assert_eq!(decision(&[("if-modified-since", &date)]), Decision::NotModified);
        assert_eq!(decision(&[("if-match", "\"a\"")]), Decision::Failed);
        assert_eq!(decision(&[("range", "bytes=0-0"), ("if-range", &etag)]), part);
        assert_eq!(decision(&[("range", "bytes=0-0"), ("if-range", &date)]), part);
        assert_eq!(decision(&[("range", "bytes=0-0"), ("if-range", "\"a\"")]), whole);
    }
}
