//! What the parent asks of a child, and within which limits.

use serde::{Deserialize, Serialize};

/// One piece of work on one file.
///
/// `media_type` and `extension` are what the uploader claims; the file's own bytes decide, and the claim only tells
/// kinds of text apart (HTML, Markdown, e-mail).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Read facts (size in pixels, pages, duration, camera, tags) and, if wanted, the text for search.
    Inspect {
        /// The claimed media type, such as `image/png`.
        media_type: String,
        /// The name's extension without the dot, in any case; empty if it has none.
        extension: String,
        /// Whether to read text too.
        want_text: bool,
    },
    /// Make one picture a size, each fitting into a square of that many pixels, and the tiny placeholder.
    Thumbnails {
        /// The claimed media type.
        media_type: String,
        /// The name's extension.
        extension: String,
        /// Longest sides in pixels. A size that the source cannot fill is left out once a smaller one holds every
        /// pixel of it: take the largest rendition that is not over the size you need.
        sizes: Vec<u32>,
        /// The format of the pictures.
        format: Format,
    },
    /// Make one picture for the edge: a bounded variant of an image.
    Transform {
        /// The claimed media type.
        media_type: String,
        /// The name's extension.
        extension: String,
        /// Greatest width in pixels, if bounded.
        width: Option<u32>,
        /// Greatest height in pixels, if bounded.
        height: Option<u32>,
        /// What happens when the shape of the box is not that of the picture.
        fit: Fit,
        /// The format of the answer.
        format: Format,
        /// 1 to 100; the format's own scale.
        quality: u8,
    },
    /// Read nothing and try to escape: what a self-check (`fardel doctor`) and the tests run on this machine's kernel.
    Probe,
}

/// A format that pictures are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Lossy WebP, with transparency.
    WebP,
    /// Progressive JPEG; transparency becomes white.
    Jpeg,
    /// PNG, lossless; quality is ignored.
    Png,
    /// AVIF, with transparency: smaller, and seconds of work. For the background.
    Avif,
}

impl Format {
    /// The media type to serve it as.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::WebP => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Avif => "image/avif",
        }
    }
}

/// How a picture is brought into a box of another shape. No fit ever enlarges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// All of the picture, inside the box.
    Contain,
    /// The box filled, the rest cut off evenly around the middle.
    Cover,
}

/// What a child may use up. All of it is enforced by the kernel or by the parent, not by the child's good will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space in bytes (`RLIMIT_AS`); the program itself counts.
    pub memory: u64,
    /// Processor time in seconds (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// The parent kills a child that says nothing for so many seconds.
    pub silence_seconds: u64,
    /// Most bytes the parent takes from a child.
    pub output: u64,
    /// Most pixels of a picture that the child decodes, told from its header.
    pub pixels: u64,
    /// Most bytes of one decoded picture.
    pub decoded: u64,
    /// Most bytes of text kept of a file.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            cpu_seconds: 30,
            silence_seconds: 35,
            output: 32 << 20,
            pixels: 100_000_000,
            decoded: 256 << 20,
            text: 1 << 20,
        }
    }
}

/// The one argument of a child: what to do, within what.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) work: Work,
    pub(crate) limits: Limits,
}

/// What a started child is for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Read the file by our own code.
    Task(Task),
    /// Become an outside program, locked up.
    Tool {
        /// Absolute path of the program.
        program: std::path::PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
    },
}
