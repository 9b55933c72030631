//! What a file is, told by its first bytes. The claimed type only tells kinds of text apart.

/// Bytes of the start that [`Kind::of`] wants to see.
pub(super) const HEAD: u64 = 4096;

/// The kinds that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Jpeg,
    Png,
    Gif,
    WebP,
    Bmp,
    Tiff,
    Ico,
    Svg,
    Avif,
    Heic,
    Pdf,
    /// A ZIP file: office documents, EPUB, or just an archive.
    Zip,
    /// The older office files (OLE).
    OldOffice,
    Rtf,
    Html,
    Mail,
    Markdown,
    Text,
    /// Sound alone, with the media type of its container.
    Audio(&'static str),
    /// Moving pictures, with the media type of their container.
    Video(&'static str),
    Other,
}

impl Kind {
    /// Tells the kind from the first [`HEAD`] bytes and what the uploader claims.
    pub(super) fn of(head: &[u8], media_type: &str, extension: &str) -> Self {
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let extension = extension.to_ascii_lowercase();
        by_signature(head, &media_type, &extension).unwrap_or_else(|| text(head, &media_type, &extension))
    }

    /// Whether it is a picture itself, with a size in pixels.
    pub(super) fn is_picture(self) -> bool {
        self.media_type().is_some_and(|media_type| media_type.starts_with("image/"))
    }

    /// The media type that the bytes have, where the kind alone tells it.
    pub(super) fn media_type(self) -> Option<&'static str> {
        Some(match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Ico => "image/x-icon",
            Self::Svg => "image/svg+xml",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Pdf => "application/pdf",
            Self::Zip => "application/zip",
            Self::OldOffice => "application/x-ole-storage",
            Self::Rtf => "application/rtf",
            Self::Html => "text/html",
            Self::Mail => "message/rfc822",
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::Audio(media_type) | Self::Video(media_type) => media_type,
            Self::Other => return None,
        })
    }
}

fn by_signature(head: &[u8], media_type: &str, extension: &str) -> Option<Kind> {
    let tag = |at: usize, wanted: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(wanted));
    let sound_or_video = |container: &'static str, sound: &'static str, sound_extensions: &[&str]| {
        if media_type.starts_with("audio/") || sound_extensions.contains(&extension) {
            Kind::Audio(sound)
        } else {
            Kind::Video(container)
        }
    };
    Some(match head {
        _ if tag(0, b"\xff\xd8\xff") => Kind::Jpeg,
        _ if tag(0, b"\x89PNG\r\n\x1a\n") => Kind::Png,
        _ if tag(0, b"GIF87a") || tag(0, b"GIF89a") => Kind::Gif,
        _ if tag(0, b"RIFF") && tag(8, b"WEBP") => Kind::WebP,
        _ if tag(0, b"RIFF") && tag(8, b"WAVE") => Kind::Audio("audio/wav"),
        _ if tag(0, b"RIFF") && tag(8, b"AVI ") => Kind::Video("video/x-msvideo"),
        _ if tag(0, b"BM") && tag(6, &[0; 4]) && head.len() > 26 => Kind::Bmp,
        _ if tag(0, b"II\x2a\0") || tag(0, b"MM\0\x2a") || tag(0, b"II\x2b\0") || tag(0, b"MM\0\x2b") => Kind::Tiff,
        _ if tag(0, b"\0\0\x01\0") && head.len() > 22 && head[9] == 0 => Kind::Ico,
        _ if head.get(..1024.min(head.len())).is_some_and(|start| find(start, b"%PDF-").is_some()) => Kind::Pdf,
        _ if tag(0, b"PK\x03\x04") || tag(0, b"PK\x05\x06") => Kind::Zip,
        _ if tag(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => Kind::OldOffice,
        _ if tag(0, b"{\\rtf") => Kind::Rtf,
        _ if tag(0, b"fLaC") => Kind::Audio("audio/flac"),
        _ if tag(0, b"ID3") => Kind::Audio("audio/mpeg"),
        _ if tag(0, b"OggS") => match find(head.get(..256.min(head.len()))?, b"theora") {
            Some(_) => Kind::Video("video/ogg"),
            None => Kind::Audio("audio/ogg"),
        },
        _ if tag(0, b"FORM") && (tag(8, b"AIFF") || tag(8, b"AIFC")) => Kind::Audio("audio/aiff"),
        _ if tag(0, b"MAC ") => Kind::Audio("audio/x-ape"),
        _ if tag(0, b"wvpk") => Kind::Audio("audio/x-wavpack"),
        _ if tag(0, b"\x1a\x45\xdf\xa3") => sound_or_video("video/x-matroska", "audio/x-matroska", &["mka"]),
        _ if tag(0, b"FLV\x01") => Kind::Video("video/x-flv"),
        _ if tag(0, b"\0\0\x01\xba") || tag(0, b"\0\0\x01\xb3") => Kind::Video("video/mpeg"),
        _ if tag(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") => {
            sound_or_video("video/x-ms-wmv", "audio/x-ms-wma", &["wma"])
        }
        _ if tag(0, b"\x47") && tag(188, b"\x47") && tag(376, b"\x47") => Kind::Video("video/mp2t"),
        _ if tag(4, b"ftyp") => match head.get(8..12)? {
            b"avif" | b"avis" => Kind::Avif,
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => heif_by_brands(head),
            b"M4A " | b"M4B " => Kind::Audio("audio/mp4"),
            b"qt  " => Kind::Video("video/quicktime"),
            _ => sound_or_video("video/mp4", "audio/mp4", &["m4a", "m4b", "aac"]),
        },
        // Frames of MPEG audio and ADTS have no other mark than eleven set bits: here the claim must agree.
        [0xff, second, ..] if second & 0xe0 == 0xe0 => match extension {
            "mp3" | "mp2" => Kind::Audio("audio/mpeg"),
            "aac" => Kind::Audio("audio/aac"),
            _ if media_type == "audio/mpeg" => Kind::Audio("audio/mpeg"),
            _ if media_type == "audio/aac" => Kind::Audio("audio/aac"),
            _ => return None,
        },
        // SVG may be compressed; nothing else that is read here comes that way.
        [0x1f, 0x8b, ..] if extension == "svgz" || media_type == "image/svg+xml" => Kind::Svg,
        _ => return None,
    })
}

/// `mif1` says picture, not which codec: the compatible brands do.
fn heif_by_brands(head: &[u8]) -> Kind {
    let length = head.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let brands = head.get(8..length.min(head.len())).unwrap_or_default();
    if brands.chunks_exact(4).any(|brand| brand == b"avif") { Kind::Avif } else { Kind::Heic }
}

fn text(head: &[u8], media_type: &str, extension: &str) -> Kind {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if head.is_empty() || (head.contains(&0) && !utf16) {
        return Kind::Other;
    }
    let start: Vec<u8> = head.iter().take(1024).map(u8::to_ascii_lowercase).collect();
    let contains = |wanted: &[u8]| find(&start, wanted).is_some();
    match (media_type, extension) {
        _ if contains(b"<svg") && (media_type == "image/svg+xml" || extension == "svg") => Kind::Svg,
        _ if contains(b"<svg") && !contains(b"<html") && contains(b"http://www.w3.org/2000/svg") => Kind::Svg,
        ("text/html" | "application/xhtml+xml", _) | (_, "html" | "htm" | "xhtml") => Kind::Html,
        _ if contains(b"<!doctype html") || contains(b"<html") => Kind::Html,
        ("message/rfc822", _) | (_, "eml") => Kind::Mail,
        ("text/markdown", _) | (_, "md" | "markdown") => Kind::Markdown,
        _ => {
            // A text has hardly any control characters; unknown binary files have plenty.
            let odd = head.iter().filter(|&&byte| byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(&byte)).count();
            let claimed = media_type.starts_with("text/");
            if utf16 || odd == 0 || (claimed && odd * 50 < head.len()) { Kind::Text } else { Kind::Other }
        }
    }
}

pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide_and_not_the_name() {
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0", "text/html", "html"), Kind::Jpeg);
        assert_eq!(Kind::of(b"<html><body>", "image/png", "png"), Kind::Html);
        assert_eq!(Kind::of(b"MZ\0\0", "image/png", "png"), Kind::Other);
        assert_eq!(Kind::of(b"", "image/png", "png"), Kind::Other);
    }

    #[test]
    fn the_claim_tells_kinds_of_text_apart() {
        assert_eq!(Kind::of(b"# Title", "text/markdown", "md"), Kind::Markdown);
        assert_eq!(Kind::of(b"From: a@b.c\n\nhello", "message/rfc822", "eml"), Kind::Mail);
        assert_eq!(Kind::of(b"fn main() {}", "", "rs"), Kind::Text);
    }

    #[test]
    fn heif_files_are_told_by_their_brands() {
        let avif = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf";
        assert_eq!(Kind::of(avif, "", ""), Kind::Avif);
        assert_eq!(Kind::of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "", ""), Kind::Heic);
    }
}
