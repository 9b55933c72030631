//! Media types (RFC 6838), the category people know them by, and which of them are active content.

use serde::{Deserialize, Serialize};

/// What people call a kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Category {
    Image,
    Video,
    Audio,
    Document,
    Spreadsheet,
    Presentation,
    Archive,
    Code,
    Text,
    Other,
}

impl Category {
    /// The name used in the database and in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Spreadsheet => "spreadsheet",
            Self::Presentation => "presentation",
            Self::Archive => "archive",
            Self::Code => "code",
            Self::Text => "text",
            Self::Other => "other",
        }
    }

    /// The category of a media type (without parameters).
    pub fn of(media_type: &str) -> Self {
        let (top, sub) = media_type.split_once('/').unwrap_or((media_type, ""));
        match (top, sub) {
            ("image", _) => Self::Image,
            ("video", _) => Self::Video,
            ("audio", _) => Self::Audio,
            (_, "pdf" | "msword" | "rtf" | "epub+zip" | "vnd.oasis.opendocument.text") => Self::Document,
            (_, "csv" | "vnd.ms-excel" | "vnd.oasis.opendocument.spreadsheet") => Self::Spreadsheet,
            (_, "vnd.ms-powerpoint" | "vnd.oasis.opendocument.presentation") => Self::Presentation,
            (_, sub) if sub.contains("wordprocessingml") => Self::Document,
            (_, sub) if sub.contains("spreadsheetml") => Self::Spreadsheet,
            (_, sub) if sub.contains("presentationml") => Self::Presentation,
            (
                _,
                "zip" | "gzip" | "x-gzip" | "x-tar" | "x-7z-compressed" | "x-bzip2" | "x-xz" | "zstd" | "vnd.rar"
                | "x-rar-compressed",
            ) => Self::Archive,
            (
                _,
                "javascript" | "json" | "xml" | "x-sh" | "x-python" | "x-rust" | "x-c" | "html" | "css" | "toml"
                | "yaml" | "x-yaml" | "sql",
            ) => Self::Code,
            ("text", sub) if sub.starts_with("x-") && sub != "x-log" => Self::Code,
            ("text", _) => Self::Text,
            _ => Self::Other,
        }
    }
}

/// A well-formed media type without parameters, in lower case; `None` otherwise.
pub fn parse(text: &str) -> Option<String> {
    let essence = text.split(';').next()?.trim().to_ascii_lowercase();
    let (top, sub) = essence.split_once('/')?;
    let is_token = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    (is_token(top) && is_token(sub)).then_some(essence)
}

/// Whether a browser could run code that the content holds; such types are only ever downloaded.
pub fn is_active(media_type: &str) -> bool {
    let (top, sub) = media_type.split_once('/').unwrap_or((media_type, ""));
    !(matches!(top, "image" | "audio" | "video") && sub != "svg+xml" || media_type == "text/plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_follow_what_people_call_files() {
        for (media_type, category) in [
            ("image/svg+xml", Category::Image),
            ("application/pdf", Category::Document),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Category::Spreadsheet),
            ("text/x-python", Category::Code),
            ("text/plain", Category::Text),
            ("application/zip", Category::Archive),
            ("application/octet-stream", Category::Other),
        ] {
            assert_eq!(Category::of(media_type), category, "{media_type}");
        }
    }

    #[test]
    fn only_known_passive_types_are_shown_inline() {
        for active in [
            "text/html",
            "image/svg+xml",
            "application/pdf",
            "text/xml",
            "multipart/related",
            "application/octet-stream",
        ] {
            assert!(is_active(active), "{active}");
        }
        for passive in ["image/png", "video/mp4", "text/plain", "audio/ogg"] {
            assert!(!is_active(passive), "{passive}");
        }
    }

    #[test]
    fn media_types_are_cut_to_their_essence() {
        assert_eq!(parse("Text/HTML; charset=utf-8").as_deref(), Some("text/html"));
        assert_eq!(parse("text"), None);
        assert_eq!(parse("a/b\r\nx: y"), None);
    }
}
