//! Sound: duration, tags and the cover, by lofty.

use lofty::config::ParseOptions;
use lofty::file::{AudioFile as _, FileType, TaggedFile, TaggedFileExt as _};
use lofty::picture::PictureType;
use lofty::probe::Probe;
use lofty::tag::Accessor as _;

use super::Input;
use crate::report::{Audio, Facts, Refusal};

/// Fills in what the file says.
pub(super) fn inspect(input: &Input, facts: &mut Facts) -> Result<(), Refusal> {
    let file = read(input, false)?;
    let properties = file.properties();
    facts.duration_ms = u64::try_from(properties.duration().as_millis()).ok().filter(|&duration| duration > 0);
    facts.codec = codec(file.file_type()).map(str::to_owned);
    let mut audio = Audio {
        bitrate: properties.audio_bitrate().filter(|&rate| rate > 0),
        sample_rate: properties.sample_rate(),
        channels: properties.channels(),
        ..Audio::default()
    };
    if let Some(tag) = file.primary_tag().or_else(|| file.first_tag()) {
        let short = |text: Option<std::borrow::Cow<'_, str>>| {
            let text: String = text?.chars().filter(|c| !c.is_control()).take(300).collect();
            (!text.trim().is_empty()).then(|| text.trim().to_owned())
        };
        facts.title = short(tag.title());
        facts.author = short(tag.artist());
        audio.album = short(tag.album());
        audio.genre = short(tag.genre());
        audio.year = tag.date().map(|date| u32::from(date.year));
        audio.track = tag.track();
    }
    facts.audio = Some(audio);
    Ok(())
}

/// The cover picture, the front one if there are several.
pub(super) fn cover(input: &Input) -> Result<Option<Vec<u8>>, Refusal> {
    let file = read(input, true)?;
    let pictures = || file.tags().iter().flat_map(lofty::tag::Tag::pictures);
    let front = pictures().find(|picture| picture.pic_type() == PictureType::CoverFront);
    Ok(front.or_else(|| pictures().next()).map(|picture| picture.data().to_vec()))
}

fn read(input: &Input, covers: bool) -> Result<TaggedFile, Refusal> {
    let mut options = ParseOptions::new();
    options.read_cover_art(covers);
    Probe::new(input.reader()?)
        .options(options)
        .guess_file_type()?
        .read()
        .map_err(|error| Refusal::malformed(error.to_string()))
}

fn codec(kind: FileType) -> Option<&'static str> {
    Some(match kind {
        FileType::Aac | FileType::Mp4 => "aac",
        FileType::Aiff | FileType::Wav => "pcm",
        FileType::Ape => "ape",
        FileType::Flac => "flac",
        FileType::Mpeg => "mp3",
        FileType::Mpc => "musepack",
        FileType::Opus => "opus",
        FileType::Vorbis => "vorbis",
        FileType::Speex => "speex",
        FileType::WavPack => "wavpack",
        _ => return None,
    })
}
