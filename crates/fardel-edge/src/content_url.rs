//! The URLs of contents: `/cdn/f/{fileId}/{contentVersion}?disposition=…`, then the signature.
//!
//! No name stands in a URL, since URLs end up in logs and histories. What is signed is the whole of it.

use std::time::Duration;

use fardel_domain::{id::FileId, time::Timestamp};
use url::Url;

use crate::disposition::Disposition;

/// What every content URL's path begins with.
pub const CONTENT_PATH: &str = "/cdn/f/";

const LIFETIME: Duration = Duration::from_hours(1);
const EXPIRY_STEP_SECONDS: i64 = 300;

/// What a content URL says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentUrl {
    /// Whose content.
    pub file: FileId,
    /// Which of the file's contents; a new content gets a new URL.
    pub content_version: i64,
    /// Shown or saved.
    pub disposition: Disposition,
}

impl ContentUrl {
    /// The unsigned URL at the host of `base`.
    pub fn to_url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{CONTENT_PATH}{}/{}", self.file, self.content_version));
        url.set_query(Some(&format!("disposition={}", self.disposition.as_str())));
        url.set_fragment(None);
        url
    }

    /// Reads the path and query of an unsigned URL; `None` unless it is spelt exactly as
    /// [`Self::to_url`] does.
    pub fn parse(path_and_query: &str) -> Option<Self> {
        let (path, query) = path_and_query.split_once('?')?;
        let (file, content_version) = path.strip_prefix(CONTENT_PATH)?.split_once('/')?;
        let content = Self {
            file: file.parse().ok()?,
            content_version: content_version.parse().ok()?,
            disposition: Disposition::parse(query.strip_prefix("disposition=")?)?,
        };
        let is_canonical = content.file.to_string() == file && content.content_version.to_string() == content_version;
        (is_canonical && content.content_version >= 0).then_some(content)
    }
}

/// When a content URL made at `now` expires: after more than 55 min and at most 1 h, on a multiple of
/// 5 min so that equal requests give equal URLs, and never later than `not_after` (the end of the share
/// or session that allowed it).
pub fn content_expiry(now: Timestamp, not_after: Option<Timestamp>) -> Timestamp {
    let end = (now + LIFETIME).seconds();
    let rounded = Timestamp::from_seconds(end - end.rem_euclid(EXPIRY_STEP_SECONDS));
    not_after.map_or(rounded, |limit| rounded.min(limit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

    #[test]
    fn a_content_url_is_read_as_it_was_written() {
        let base = Url::parse("https://files.example/ignored?x=1#y").unwrap();
        let content = ContentUrl { file: FILE.parse().unwrap(), content_version: 3, disposition: Disposition::Inline };
        let url = content.to_url(&base);
        assert_eq!(url.as_str(), format!("https://files.example/cdn/f/{FILE}/3?disposition=inline"));
        let text = url.as_str().strip_prefix("https://files.example").unwrap();
        assert_eq!(ContentUrl::parse(text), Some(content));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for path_and_query in [
            format!("/cdn/f/{FILE}/3"),
            format!("/cdn/f/{FILE}/3?"),
            format!("/cdn/f/{FILE}/3?disposition=Inline"),
            format!("/cdn/f/{FILE}/3?disposition=inline&"),
            format!("/cdn/f/{FILE}/3?disposition=inline&response-content-type=text/html"),
            format!("/cdn/f/{FILE}/3?response-content-type=text/html&disposition=inline"),
            format!("/cdn/f/{FILE}/03?disposition=inline"),
            format!("/cdn/f/{FILE}/+3?disposition=inline"),
            format!("/cdn/f/{FILE}/-3?disposition=inline"),
            format!("/cdn/f/{FILE}/3/?disposition=inline"),
            format!("/cdn/f/{FILE}//3?disposition=inline"),
            format!("/cdn/f/./{FILE}/3?disposition=inline"),
            format!("/CDN/f/{FILE}/3?disposition=inline"),
            format!("/cdn/f/{}/3?disposition=inline", FILE.to_uppercase()),
            format!("/cdn/f/{}/3?disposition=inline", FILE.replace('-', "")),
            format!("/cdn/f/%30{}/3?disposition=inline", &FILE[1..]),
            format!("/cdn/f/{FILE}/9223372036854775808?disposition=inline"),
        ] {
            assert_eq!(ContentUrl::parse(&path_and_query), None, "{path_and_query}");
        }
    }

    proptest! {
        #[test]
        fn an_expiry_lies_within_55_to_60_minutes(micros in 0i64..4_000_000_000_000_000) {
            let now = Timestamp::from_micros(micros);
            let expiry = content_expiry(now, None);
            prop_assert!(expiry.since(now) > Duration::from_mins(55) && expiry.since(now) <= LIFETIME);
            prop_assert_eq!(expiry.seconds() % EXPIRY_STEP_SECONDS, 0);
            let limit = now + Duration::from_secs(90);
            prop_assert_eq!(content_expiry(now, Some(limit)), limit);
            prop_assert_eq!(content_expiry(now, Some(now + LIFETIME * 24)), expiry);
        }
    }
}
