//! Reads untrusted bytes. All of this runs inside the child only.

mod audio;
mod exif;
mod inspect;
mod kind;
mod mail;
mod office;
mod pdf;
mod picture;
mod source;
mod text;

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};

pub(crate) use picture::Picture;
use picture::Wanted;

use crate::report::{Part, Refusal, Rendition, Report, Skipped};
use crate::task::{Fit, Format, Limits, Task};
use kind::Kind;

/// The one file of a child.
pub(crate) struct Input {
    file: File,
    length: u64,
}

impl Input {
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length })
    }

    /// A reader at the start of the file.
    fn reader(&self) -> io::Result<BufReader<&File>> {
        let mut file = &self.file;
        file.rewind()?;
        Ok(BufReader::with_capacity(64 << 10, file))
    }

    /// The first bytes, at most `count`.
    fn head(&self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader()?.take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The whole file, if it has at most `limit` bytes.
    fn all(&self, limit: u64) -> Result<Vec<u8>, Refusal> {
        if self.length > limit {
            return Err(Refusal::too_large(format!(
                "The file has {} MiB; this kind is read up to {} MiB.",
                self.length >> 20,
                limit >> 20
            )));
        }
        Ok(self.head(limit)?)
    }
}

/// Does a task on an input.
pub(crate) fn work(task: &Task, input: &Input, limits: &Limits) -> Result<Report, Refusal> {
    match task {
        Task::Inspect { media_type, extension, want_text } => {
            let kind = Kind::of(&input.head(kind::HEAD)?, media_type, extension);
            inspect::inspect(kind, input, *want_text, limits)
        }
        Task::Thumbnails { media_type, extension, sizes, format } => {
            let kind = Kind::of(&input.head(kind::HEAD)?, media_type, extension);
            thumbnails(kind, input, sizes, *format, limits)
        }
        Task::Transform { media_type, extension, width, height, fit, format, quality } => {
            let kind = Kind::of(&input.head(kind::HEAD)?, media_type, extension);
            let bounds = (*width, *height);
            transform(kind, input, bounds, *fit, *format, *quality, limits)
        }
        Task::Probe => Ok(Report::default()),
    }
}

/// WebP and JPEG quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 80;

fn thumbnails(kind: Kind, input: &Input, sizes: &[u32], format: Format, limits: &Limits) -> Result<Report, Refusal> {
    let mut sizes: Vec<u32> = sizes.iter().copied().filter(|size| (1..=4096).contains(size)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut report = Report::default();
    let Some(&largest) = sizes.last() else { return Ok(report) };

    let mut source = match source::picture(kind, input, Wanted::Inside(largest, largest), limits)? {
        Ok(source) => source,
        Err(reason) => return Ok(skipped(kind, reason)),
    };
    report.facts.media_type = kind.media_type().map(str::to_owned);
    if kind.is_picture() {
        (report.facts.width, report.facts.height) = (Some(source.width), Some(source.height));
    }

    // From the largest to the smallest, each made of the one before it.
    let natural = source.picture.width.max(source.picture.height);
    let smallest_that_holds_all = sizes.iter().copied().find(|&size| size >= natural).unwrap_or(largest);
    for size in sizes.into_iter().filter(|&size| size <= smallest_that_holds_all).rev() {
        source.picture = source.picture.within(size, size)?;
        let bytes = source.picture.encode(format, THUMBNAIL_QUALITY)?;
        let Picture { width, height, .. } = source.picture;
        report.renditions.push(Rendition { size, width, height, format, bytes });
    }
    report.renditions.reverse();
    report.placeholder = Some(source.picture.placeholder()?);
    Ok(report)
}

fn transform(
    kind: Kind,
    input: &Input,
    (width, height): (Option<u32>, Option<u32>),
    fit: Fit,
    format: Format,
    quality: u8,
    limits: &Limits,
) -> Result<Report, Refusal> {
    let unbounded = width.is_none() && height.is_none();
    let (width, height) = (width.unwrap_or(u32::MAX).max(1), height.unwrap_or(u32::MAX).max(1));
    let wanted = match fit {
        _ if unbounded => Wanted::All,
        Fit::Contain => Wanted::Inside(width, height),
        Fit::Cover => Wanted::Over(width, height),
    };
    let source = match source::picture(kind, input, wanted, limits)? {
        Ok(source) => source,
        Err(reason) => return Ok(skipped(kind, reason)),
    };
    let picture = match fit {
        Fit::Contain => source.picture.within(width, height)?,
        Fit::Cover => source.picture.covering(width, height)?,
    };
    let mut report = Report::default();
    report.facts.media_type = kind.media_type().map(str::to_owned);
    if kind.is_picture() {
        (report.facts.width, report.facts.height) = (Some(source.width), Some(source.height));
    }
    let bytes = picture.encode(format, quality.clamp(1, 100))?;
    let (width, height) = (picture.width, picture.height);
    report.renditions.push(Rendition { size: width.max(height), width, height, format, bytes });
    Ok(report)
}

fn skipped(kind: Kind, reason: &str) -> Report {
    let mut report = Report::default();
    report.facts.media_type = kind.media_type().map(str::to_owned);
    report.skipped.push(Skipped { part: Part::Thumbnail, reason: reason.to_owned() });
    report
}
