//! Sizes and spans as people write them.

use std::time::Duration;

/// `50GiB`, `100 MB`, `4096`.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let units: &[(&str, u64)] = &[
        ("", 1),
        ("B", 1),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ];
    let parsed = split(text).and_then(|(number, unit)| {
        let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
        number.checked_mul(*factor)
    });
    parsed.ok_or_else(|| "must be a size such as 50GiB, 100MB or 4096".to_owned())
}

/// `30s`, `5min`, `24h`, `7d`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed = split(text).and_then(|(number, unit)| {
        let factor = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        number.checked_mul(factor).map(Duration::from_secs)
    });
    parsed.ok_or_else(|| "must be a span such as 30s, 5min, 24h or 7d".to_owned())
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_need_a_known_unit() {
        assert_eq!(parse_size("50GiB"), Ok(50 << 30));
        assert_eq!(parse_size("100 MB"), Ok(100_000_000));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert!(parse_size("50 gigs").is_err() && parse_size("-1").is_err() && parse_size("99999999999TiB").is_err());
        assert_eq!(parse_duration("5min"), Ok(Duration::from_mins(5)));
        assert!(parse_duration("5").is_err());
    }
}
