//! The canonical form of a request: what both sides hash.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::UNSIGNED_PAYLOAD;

/// Everything but RFC 3986's unreserved characters, as the AWS reference's `UriEncode` has it.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The pairs of a query, decoded, in their order. `None` when a name or a value is not spelled
/// canonically: another spelling of the same value would pass as the same signature.
pub(super) fn parse_query(raw: &str) -> Option<Vec<(String, String)>> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().ok()?.into_owned();
        (encode(&decoded) == text).then_some(decoded)
    };
    raw.split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// The canonical request for an S3 path without characters that need escapes.
pub(super) fn request(method: &str, path: &str, query: &[(String, String)], headers: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = query.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort();
    let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut header_lines = String::new();
    for (name, value) in headers {
        header_lines.extend([name, ":", &header_value(value), "\n"]);
    }
    format!("{method}\n{path}\n{query}\n{header_lines}\n{}\n{UNSIGNED_PAYLOAD}", header_names(headers))
}

/// `X-Amz-SignedHeaders`.
pub(super) fn header_names(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";")
}

/// Trimmed, and runs of spaces made one.
fn header_value(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a path is its own canonical form: unreserved characters and slashes only.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/'))
}
