//! Video by the operator's `ffprobe` and `ffmpeg`, each started by a child of ours that locks itself up first and then
//! becomes that program: no network, no file but its libraries and the input, limited memory and time.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::report::{Facts, Refusal};
use crate::sandbox::{Sandbox, SandboxError};
use crate::task::Limits;

/// The two programs, where they were found.
#[derive(Debug, Clone)]
pub struct Tools {
    ffprobe: PathBuf,
    ffmpeg: PathBuf,
}

/// Containers that are read. Playlists and image sequences are not among them: they name other files and addresses.
const CONTAINERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegts,ogg,asf,mp3,aac,flac,wav";

/// How `/proc` names the input, which is the program's standard input.
const INPUT: &str = "file:/proc/self/fd/0";

impl Tools {
    /// Looks in the folders of `path` (the value of `PATH`); `None` if either program is missing: then video parts are
    /// `skipped` with [`MISSING`].
    pub fn find(path: &std::ffi::OsStr) -> Option<Self> {
        let find = |name: &str| {
            std::env::split_paths(path)
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join(name))
                .find(|program| program.is_file())
                .and_then(|program| program.canonicalize().ok())
        };
        Some(Self { ffprobe: find("ffprobe")?, ffmpeg: find("ffmpeg")? })
    }
}

/// Why video parts are skipped where [`Tools::find`] found nothing.
pub const MISSING: &str = "ffmpeg is not installed: no picture and no details of videos.";

/// The limits of these programs: codecs need more room than our own code, and a poster is a moment's work.
fn tool_limits(sandbox: &Sandbox) -> Limits {
    let own = sandbox.limits();
    Limits { memory: own.memory.max(1 << 30), output: own.output.min(32 << 20), ..own.clone() }
}

/// Size, duration, codec, title and time of a video.
pub async fn probe(sandbox: &Sandbox, tools: &Tools, input: File) -> Result<Facts, SandboxError> {
    let output =
        run(sandbox, &tools.ffprobe, &["-v", "error", "-of", "json", "-show_entries", ENTRIES], &["-i", INPUT], input)
            .await?;
    let probed: Probed = serde_json::from_slice(&output)
        .map_err(|_| SandboxError::Refused(Refusal::malformed("ffprobe found nothing in the file.")))?;
    Ok(probed.facts())
}

/// A picture of the video as a JPEG file of at most `side` pixels, taken a tenth into it (at most 10 s): for
/// [`Task::Thumbnails`](crate::Task::Thumbnails). AVIF files are videos of one frame, and HEIC files from ffmpeg 7.1
/// on: this is how they come by a picture, where [`Task::Thumbnails`](crate::Task::Thumbnails) skips them.
pub async fn poster(
    sandbox: &Sandbox,
    tools: &Tools,
    input: File,
    duration_ms: Option<u64>,
    side: u32,
) -> Result<Vec<u8>, SandboxError> {
    let again = input.try_clone().map_err(SandboxError::Input)?;
    let at = duration_ms.unwrap_or(0).min(100_000) / 10;
    let picture = frame(sandbox, tools, input, at, side).await;
    // A duration may be a lie: then there is nothing at that place, and the first frame will do.
    let empty = matches!(&picture, Ok(bytes) if bytes.is_empty()) || matches!(&picture, Err(SandboxError::Crashed(_)));
    let picture = if at > 0 && empty { frame(sandbox, tools, again, 0, side).await? } else { picture? };
    if picture.is_empty() {
        return Err(SandboxError::Refused(Refusal::malformed("The video has no picture.")));
    }
    Ok(picture)
}

async fn frame(sandbox: &Sandbox, tools: &Tools, input: File, at: u64, side: u32) -> Result<Vec<u8>, SandboxError> {
    let seconds = format!("{}.{:03}", at / 1000, at % 1000);
    let scale = format!("scale='min({side},iw)':'min({side},ih)':force_original_aspect_ratio=decrease:flags=bicubic");
    let before = ["-v", "error", "-nostdin", "-threads", "1", "-filter_threads", "1", "-ss", &seconds];
    let after = [
        "-i",
        INPUT,
        "-map",
        "0:v:0",
        "-an",
        "-sn",
        "-dn",
        "-frames:v",
        "1",
        "-vf",
        &scale,
        "-map_metadata",
        "-1",
        "-threads",
        "1",
        "-c:v",
        "mjpeg",
        "-pix_fmt",
        "yuvj420p",
        "-q:v",
        "3",
        "-f",
        "image2pipe",
        "pipe:1",
    ];
    run(sandbox, &tools.ffmpeg, &before, &after, input).await
}

async fn run(
    sandbox: &Sandbox,
    program: &Path,
    before: &[&str],
    after: &[&str],
    input: File,
) -> Result<Vec<u8>, SandboxError> {
    let guards = ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS];
    let arguments = before.iter().chain(&guards).chain(after).map(|&argument| argument.to_owned()).collect();
    Ok(sandbox.tool(program.to_owned(), arguments, input, tool_limits(sandbox)).await?.stdout)
}

const ENTRIES: &str = "format=duration:format_tags=title,artist,creation_time:stream=codec_type,codec_name,width,\
                       height,duration:stream_disposition=attached_pic:stream_side_data=rotation:stream_tags=rotate";

#[derive(Deserialize)]
struct Probed {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Default, Deserialize)]
struct Format {
    duration: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Default, Deserialize)]
struct Tags {
    title: Option<String>,
    artist: Option<String>,
    creation_time: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<i32>,
}

impl Probed {
    fn facts(self) -> Facts {
        let is = |stream: &&Stream, kind: &str| {
            stream.codec_type.as_deref() == Some(kind) && stream.disposition.attached_pic == 0
        };
        let video = self.streams.iter().find(|stream| is(stream, "video"));
        let sound = self.streams.iter().find(|stream| is(stream, "audio"));
        let duration = self.format.duration.or_else(|| video.or(sound)?.duration.clone());
        let mut facts = Facts {
            duration_ms: duration.and_then(|seconds| milliseconds(&seconds)),
            codec: video.or(sound).and_then(|stream| stream.codec_name.clone()),
            title: self.format.tags.title.as_deref().map(shortened),
            author: self.format.tags.artist.as_deref().map(shortened),
            // Cameras that know no time write 1904 or 1970.
            taken_at: self.format.tags.creation_time.filter(|time| time.len() < 40 && time.as_str() > "1971"),
            ..Facts::default()
        };
        if let Some(video) = video {
            let turned = video.side_data_list.iter().find_map(|data| data.rotation).unwrap_or(0);
            (facts.width, facts.height) =
                if turned % 180 == 0 { (video.width, video.height) } else { (video.height, video.width) };
        }
        facts
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded first")]
fn milliseconds(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (seconds > 0.0 && seconds < 1e9).then_some((seconds * 1000.0).round() as u64)
}
