//! Whether a content is shown or saved, and `Content-Disposition` (RFC 6266, names per RFC 8187).

use fardel_domain::media_type;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a browser is asked to do with a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Save it.
    Attachment,
    /// Show it, if its type is passive; see [`media_type::is_active`].
    Inline,
}

impl Disposition {
    /// The word in the header and in URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Inline => "inline",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "attachment" => Some(Self::Attachment),
            "inline" => Some(Self::Inline),
            _ => None,
        }
    }

    /// This, or [`Self::Attachment`] where a browser could run what it shows.
    #[must_use]
    pub fn tamed(self, media_type: &str) -> Self {
        if media_type::is_active(media_type) { Self::Attachment } else { self }
    }
}

/// The characters that RFC 8187 leaves as they are (`attr-char`).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header's value for a content called `name`: a name in ASCII for old programs, and the exact one
/// where the two differ. Whatever `name` holds, the value is one line of ASCII.
pub fn content_disposition(disposition: Disposition, name: &str) -> HeaderValue {
    // `%` is replaced since some browsers decode it inside the quotes (RFC 6266, appendix D).
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let kind = disposition.as_str();
    let text = if name.chars().all(plain) {
        format!(r#"{kind}; filename="{name}""#)
    } else {
        let fallback: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let exact = utf8_percent_encode(name, NOT_ATTR_CHAR);
        format!(r#"{kind}; filename="{fallback}"; filename*=UTF-8''{exact}"#)
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn header(name: &str) -> String {
        content_disposition(Disposition::Attachment, name).to_str().unwrap().to_owned()
    }

    #[test]
    fn plain_names_stand_in_quotes_and_others_twice() {
        assert_eq!(header("report 1;2.pdf"), r#"attachment; filename="report 1;2.pdf""#);
        assert_eq!(
            header("a\"b\r\nX: y%41é.txt"),
            "attachment; filename=\"a_b__X: y_41_.txt\"; filename*=UTF-8''a%22b%0D%0AX%3A%20y%2541%C3%A9.txt"
        );
        assert_eq!(header("😀"), "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80");
    }

    #[test]
    fn active_types_are_never_shown() {
        for active in ["text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml"] {
            assert_eq!(Disposition::Inline.tamed(active), Disposition::Attachment, "{active}");
        }
        assert_eq!(Disposition::Inline.tamed("image/png"), Disposition::Inline);
    }

    proptest! {
        #[test]
        fn a_reader_gets_the_exact_name_back(name in any::<String>()) {
            let header = header(&name);
            prop_assert!(header.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
            let exact = match header.split_once("filename*=UTF-8''") {
                Some((_, encoded)) => percent_decode_str(encoded).decode_utf8().unwrap().into_owned(),
                None => header.strip_prefix("attachment; filename=\"").unwrap().strip_suffix('"').unwrap().to_owned(),
            };
            prop_assert_eq!(exact, name);
        }
    }
}
