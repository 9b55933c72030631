//! `Range` (RFC 9110 §14): one range of bytes is honoured, everything else answers the whole.

use std::ops::Range;

use http::HeaderValue;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All bytes.
    Whole,
    /// These, not empty and inside the content.
    Part(Range<u64>),
    /// None that exist.
    Unsatisfiable,
}

impl Wanted {
    /// Reads the header for a content of `size` bytes. Several ranges, other units and bad syntax count as
    /// no range: a client that asked for them must take a 200 as well, and it costs at most one content.
    pub(crate) fn parse(header: Option<&HeaderValue>, size: u64) -> Self {
        let spec = header.and_then(|value| value.to_str().ok()).and_then(|text| {
            let (unit, spec) = text.split_once('=')?;
            unit.trim().eq_ignore_ascii_case("bytes").then(|| spec.trim())
        });
        let Some((first, last)) = spec.and_then(|spec| spec.split_once('-')) else { return Self::Whole };
        match (number(first), number(last)) {
            (Some(first), None) if last.is_empty() => Self::within(first, size, size),
            (Some(first), Some(last)) if first <= last => Self::within(first, last.saturating_add(1), size),
            (None, Some(0)) if first.is_empty() => Self::Unsatisfiable,
            (None, Some(count)) if first.is_empty() && size > 0 => Self::Part(size.saturating_sub(count)..size),
            _ => Self::Whole,
        }
    }

    fn within(start: u64, end: u64, size: u64) -> Self {
        if start < size { Self::Part(start..end.min(size)) } else { Self::Unsatisfiable }
    }
}

/// Digits only; numbers beyond 64 bits lie behind the end of every content, as does the largest of 64.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_the_rest_is_the_whole() {
        use Wanted::{Part, Unsatisfiable, Whole};
        for (header, size, wanted) in [
            ("bytes=0-0", 10, Part(0..1)),
            ("bytes=2-", 10, Part(2..10)),
            ("bytes=2-99", 10, Part(2..10)),
            ("bytes=-3", 10, Part(7..10)),
            ("bytes=-99", 10, Part(0..10)),
            ("BYTES=0-1", 10, Part(0..2)),
            ("bytes= 0-1 ", 10, Part(0..2)),
            ("bytes=0-18446744073709551615", 10, Part(0..10)),
            ("bytes=-99999999999999999999999", 10, Part(0..10)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=18446744073709551615-", 10, Unsatisfiable),
            ("bytes=99999999999999999999999-", 10, Unsatisfiable),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=-1", 0, Whole),
            ("bytes=5-2", 10, Whole),
            ("bytes=0-0,2-3", 10, Whole),
            ("bytes=0-,0-,0-", 10, Whole),
            ("bytes=-", 10, Whole),
            ("bytes=", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("bytes=a-b", 10, Whole),
            ("lines=0-1", 10, Whole),
            ("0-1", 10, Whole),
        ] {
            let value = HeaderValue::from_static(header);
            assert_eq!(Wanted::parse(Some(&value), size), wanted, "{header} of {size}");
        }
        assert_eq!(Wanted::parse(None, 10), Whole);
    }
}
