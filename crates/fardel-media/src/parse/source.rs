//! One picture of any kind of file: the photo, the first page, the cover, the text as a page.

use super::kind::Kind;
use super::picture::raster::Raster;
use super::picture::{Picture, Wanted, check_size, jpeg, svg};
use super::{Input, audio, exif, mail, office, pdf, text};
use crate::report::Refusal;
use crate::task::Limits;

/// A picture, upright, in sRGB, and the size of what it was made of.
pub(super) struct Source {
    pub(super) picture: Picture,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Source {
    fn whole(picture: Picture) -> Self {
        Self { width: picture.width, height: picture.height, picture }
    }

    fn turned(self, orientation: u32) -> Self {
        let picture = self.picture.turned(orientation);
        let (width, height) = exif::shown(self.width, self.height, orientation);
        Self { picture, width, height }
    }
}

/// The raster format of a kind.
pub(super) fn raster(kind: Kind) -> Option<Raster> {
    Some(match kind {
        Kind::Png => Raster::Png,
        Kind::Gif => Raster::Gif,
        Kind::Bmp => Raster::Bmp,
        Kind::Tiff => Raster::Tiff,
        Kind::Ico => Raster::Ico,
        Kind::WebP => Raster::WebP,
        _ => return None,
    })
}

/// The picture of a file in the size that is wanted, or the reason why this kind has none.
pub(super) fn picture(
    kind: Kind,
    input: &Input,
    wanted: Wanted,
    limits: &Limits,
) -> Result<Result<Source, &'static str>, Refusal> {
    if let Some(raster) = raster(kind) {
        let orientation = exif::orientation(input, kind);
        let (picture, (width, height)) = raster.decode(input.reader()?, wanted.before_turning(orientation), limits)?;
        return Ok(Ok(Source { picture, width, height }.turned(orientation)));
    }
    let source = match kind {
        Kind::Jpeg => {
            let orientation = exif::orientation(input, kind);
            let decoded = jpeg::decode(input.reader()?, wanted.before_turning(orientation), limits)?;
            let source = Source { picture: decoded.picture, width: decoded.width, height: decoded.height };
            source.turned(orientation)
        }
        Kind::Svg => {
            let tree = svg::read(&input.all(svg::LARGEST)?)?;
            let (width, height) = svg::size(&tree);
            check_size(width, height, limits)?;
            Source { picture: svg::draw(&tree, wanted)?, width, height }
        }
        Kind::Pdf => Source::whole(pdf::first_page(input, wanted)?),
        Kind::Zip => return office::picture(input, wanted, limits),
        Kind::Audio(_) => match audio::cover(input)? {
            Some(cover) => return embedded(&cover, wanted, limits),
            None => return Ok(Err("The sound file has no cover picture.")),
        },
        Kind::Markdown | Kind::Text => Source::whole(text::page(&text::start_of(input)?)),
        Kind::Html => Source::whole(text::page(&text::html::read(&text::start_of(input)?, limits.text).content)),
        Kind::Rtf => Source::whole(text::page(&text::rtf::read(&input.all(text::LARGEST)?, limits.text).content)),
        Kind::Mail => Source::whole(text::page(&mail::read(input, limits)?.content)),
        Kind::Avif => return Ok(Err("Pictures of AVIF files are made by ffmpeg.")),
        Kind::Heic => return Ok(Err("There is no decoder for HEIC in here; ffmpeg 7 has one.")),
        Kind::Video(_) => return Ok(Err("Pictures of videos are made by ffmpeg.")),
        Kind::OldOffice => return Ok(Err("There is no picture of the older office formats.")),
        _ => return Ok(Err("There is no picture of this kind of file.")),
    };
    Ok(Ok(source))
}

/// A picture inside another file (a cover, a preview).
pub(super) fn embedded(bytes: &[u8], wanted: Wanted, limits: &Limits) -> Result<Result<Source, &'static str>, Refusal> {
    let kind = Kind::of(bytes, "", "");
    if let Some(raster) = raster(kind) {
        let (picture, (width, height)) = raster.decode(std::io::Cursor::new(bytes), wanted, limits)?;
        return Ok(Ok(Source { picture, width, height }));
    }
    if kind == Kind::Jpeg {
        let decoded = jpeg::decode(bytes, wanted, limits)?;
        return Ok(Ok(Source { picture: decoded.picture, width: decoded.width, height: decoded.height }));
    }
    Ok(Err("The embedded picture is of an unknown kind."))
}

/// The size in pixels of an image file, as shown, from its header alone.
pub(super) fn size(
    kind: Kind,
    input: &Input,
    orientation: u32,
    limits: &Limits,
) -> Result<Option<(u32, u32)>, Refusal> {
    let (width, height) = match (raster(kind), kind) {
        (Some(raster), _) => raster.size(input.reader()?, limits)?,
        (None, Kind::Jpeg) => jpeg::size(input.reader()?)?,
        (None, Kind::Svg) => svg::size(&svg::read(&input.all(svg::LARGEST)?)?),
        _ => return Ok(None),
    };
    check_size(width, height, limits)?;
    Ok(Some(exif::shown(width, height, orientation)))
}
