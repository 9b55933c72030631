//! PNG, GIF, BMP, TIFF, ICO and WebP by the `image` crate, the first frame of each.

use std::io::{BufRead, Seek};

use image::codecs::webp::WebPDecoder;
use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, ico::IcoDecoder, png::PngDecoder, tiff::TiffDecoder};
use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError};

use super::{Picture, Wanted, check_memory, check_size};
use crate::report::Refusal;
use crate::task::Limits;

/// The formats read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Raster {
    Png,
    Gif,
    Bmp,
    Tiff,
    Ico,
    WebP,
}

impl Raster {
    fn decoder<'a>(
        self,
        reader: impl BufRead + Seek + 'a,
        limits: &Limits,
    ) -> Result<Box<dyn ImageDecoder + 'a>, Refusal> {
        let own = own_limits(limits);
        let mut decoder: Box<dyn ImageDecoder + 'a> = match self {
            Self::Png => Box::new(PngDecoder::with_limits(reader, own.clone()).map_err(refusal)?),
            Self::Gif => Box::new(GifDecoder::new(reader).map_err(refusal)?),
            Self::Bmp => Box::new(BmpDecoder::new(reader).map_err(refusal)?),
            Self::Tiff => Box::new(TiffDecoder::new(reader).map_err(refusal)?),
            Self::Ico => Box::new(IcoDecoder::new(reader).map_err(refusal)?),
            Self::WebP => Box::new(WebPDecoder::new(reader).map_err(refusal)?),
        };
        let (width, height) = decoder.dimensions();
        check_size(width, height, limits)?;
        decoder.set_limits(own).map_err(refusal)?;
        Ok(decoder)
    }

    /// The size in the header, without decoding.
    pub(in crate::parse) fn size(self, reader: impl BufRead + Seek, limits: &Limits) -> Result<(u32, u32), Refusal> {
        Ok(self.decoder(reader, limits)?.dimensions())
    }

    /// Decodes the first frame to sRGB, in the size that is wanted, with its own size.
    pub(in crate::parse) fn decode(
        self,
        reader: impl BufRead + Seek,
        wanted: Wanted,
        limits: &Limits,
    ) -> Result<(Picture, (u32, u32)), Refusal> {
        let mut decoder = self.decoder(reader, limits)?;
        let (width, height) = decoder.dimensions();
        check_memory(width, height, u64::from(decoder.color_type().bytes_per_pixel()).max(4), limits)?;
        let profile = decoder.icc_profile().ok().flatten();
        let opaque = !decoder.color_type().has_alpha();
        let pixels = DynamicImage::from_decoder(decoder).map_err(refusal)?.into_rgba8().into_raw();
        let (shown_width, shown_height) = wanted.size(width, height);
        let mut picture = Picture { width, height, pixels, opaque }.at(shown_width, shown_height)?;
        if let Some(profile) = profile {
            super::colour::to_srgb(&mut picture, &profile);
        }
        Ok((picture, (width, height)))
    }
}

fn own_limits(limits: &Limits) -> image::Limits {
    let mut own = image::Limits::default();
    own.max_alloc = Some(limits.decoded);
    own
}

fn refusal(error: ImageError) -> Refusal {
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory => {
                Refusal::too_large("The picture takes more memory than is granted when decoded.")
            }
            _ => Refusal::too_large(limit.to_string()),
        },
        ImageError::IoError(error) => error.into(),
        other => Refusal::malformed(other.to_string()),
    }
}
