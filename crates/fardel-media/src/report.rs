//! What a child found out about a file.

use serde::{Deserialize, Serialize};

/// The answer to one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which walls stood while the file was read.
    pub isolation: Isolation,
    /// What the file says about itself; safe to show to whoever may read the file.
    pub facts: Facts,
    /// Where it was taken. For the owner only, and never in a public rendition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Its text, for search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Pictures, from the smallest to the largest.
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    /// A `ThumbHash` of the picture, in base64: about 25 bytes that a page can draw at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// What was asked for and cannot be had from this kind of file, with the reason.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// What [`Task::Probe`](crate::Task::Probe) tried, and how it ended.
    #[serde(default)]
    pub probes: Vec<Probe>,
}

/// The walls around a child. What the kernel lacks is `None` or `false`; the parent decides whether that will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// Memory, processor time, file size, descriptors, processes are limited.
    pub limits: bool,
    /// The version of Landlock that closes the file system and the network.
    pub landlock: Option<u32>,
    /// Only the system calls that reading and answering need are allowed.
    pub seccomp: bool,
}

impl Isolation {
    /// Whether every wall stands.
    pub fn complete(&self) -> bool {
        self.limits && self.landlock.is_some() && self.seccomp
    }
}

/// What a file says about itself. Absent means unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// What the bytes are, whatever the name says; `None` if nothing we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Width in pixels, as shown (after the EXIF orientation).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels, as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Pages of a document, slides of a presentation, sheets of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Playing time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The codec of the first video stream, or else of the sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Maker and model of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The lens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// When a photo was taken or a mail was sent: RFC 3339, without an offset if the file names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Title, subject or name of the piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Author, artist or sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Tags and figures of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Audio>,
    /// The character set a text was read in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
}

/// What a sound file says about itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Audio {
    /// The album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
    /// The genre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// The year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u32>,
    /// Number on the album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<u32>,
    /// Kilobits a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,
    /// Samples a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
    /// Channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
}

/// Where a photo was taken (WGS 84).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// Metres above the sea.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude: Option<f64>,
}

/// The text of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// UTF-8, at most [`Limits::text`](crate::Limits::text) bytes.
    pub content: String,
    /// Whether there was more.
    pub truncated: bool,
}

/// One picture made of a file, without any metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// The size it was asked for: its longest side is at most this.
    pub size: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Its format.
    pub format: crate::Format,
    /// The encoded picture.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A part of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Facts.
    Metadata,
    /// Text for search.
    Text,
    /// Pictures.
    Thumbnail,
}

/// A part that this kind of file cannot give. Not a failure: there is nothing to repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which part.
    pub part: Part,
    /// Why, for people.
    pub reason: String,
}

/// One thing that a child must not be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What was tried, such as `open /etc/passwd`.
    pub attempt: String,
    /// Whether it was denied.
    pub denied: bool,
    /// The error it ended with, or what it got.
    pub outcome: String,
}

/// Why a child would not read a file. It will not read it the next time either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The kind of reason.
    pub kind: RefusalKind,
    /// The reason in words, for the owner and the administrator.
    pub detail: String,
}

/// Kinds of reasons for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusalKind {
    /// It is cut off or not what its first bytes promise.
    Malformed,
    /// It would need more memory, pixels or output than is granted.
    TooLarge,
    /// It asks for a password.
    Encrypted,
    /// The input could not be read.
    Unreadable,
}

impl Refusal {
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Malformed, detail: shortened(detail.into()) }
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::TooLarge, detail: detail.into() }
    }

    pub(crate) fn encrypted(detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Encrypted, detail: detail.into() }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::malformed("The file ends too early."),
            ErrorKind::InvalidData | ErrorKind::Other | ErrorKind::InvalidInput => Self::malformed(error.to_string()),
            ErrorKind::FileTooLarge | ErrorKind::OutOfMemory => Self::too_large(error.to_string()),
            _ => Self { kind: RefusalKind::Unreadable, detail: shortened(error.to_string()) },
        }
    }
}

/// A parser's own words may quote the file: keep them short and on one line.
fn shortened(detail: String) -> String {
    if detail.len() <= 200 && !detail.contains(char::is_control) {
        return detail;
    }
    detail.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
