//! Pictures in memory: 8-bit RGBA in sRGB, and what is done to them.

pub(super) mod colour;
mod encode;
pub(super) mod jpeg;
pub(super) mod orientation;
pub(super) mod raster;
pub(super) mod svg;
mod wanted;

use base64::Engine as _;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

pub(super) use wanted::Wanted;

use crate::report::Refusal;
use crate::task::Limits;

/// Decoded pixels, four bytes each (red, green, blue, alpha not premultiplied), row by row.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
    /// Whether every pixel is known to be opaque.
    pub(crate) opaque: bool,
}

impl Picture {
    /// A picture of white, opaque pixels.
    pub(super) fn white(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![0xff; width as usize * height as usize * 4], opaque: true }
    }

    /// All of the picture in at most so many pixels; never enlarged.
    pub(super) fn within(self, width: u32, height: u32) -> Result<Self, Refusal> {
        let (width, height) = Wanted::Inside(width, height).size(self.width, self.height);
        self.at(width, height)
    }

    /// The picture at exactly this size.
    fn at(self, width: u32, height: u32) -> Result<Self, Refusal> {
        if (width, height) == (self.width, self.height) { Ok(self) } else { self.resized(width, height, None) }
    }

    /// The middle of the picture in the shape of `width` × `height`; never enlarged.
    pub(super) fn covering(self, width: u32, height: u32) -> Result<Self, Refusal> {
        let (own_width, own_height) = (f64::from(self.width), f64::from(self.height));
        let (width, height) = (f64::from(width.min(self.width)), f64::from(height.min(self.height)));
        let scale = (own_width / width).min(own_height / height);
        let (kept_width, kept_height) = (width * scale, height * scale);
        let cut = ((own_width - kept_width) / 2.0, (own_height - kept_height) / 2.0, kept_width, kept_height);
        self.resized(rounded(width), rounded(height), Some(cut))
    }

    fn resized(&self, width: u32, height: u32, cut: Option<(f64, f64, f64, f64)>) -> Result<Self, Refusal> {
        let mut options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(!self.opaque);
        if let Some((left, top, kept_width, kept_height)) = cut {
            options = options.crop(left, top, kept_width, kept_height);
        }
        let impossible =
            |error: &dyn std::fmt::Display| Refusal::malformed(format!("The picture cannot be resized: {error}"));
        let source =
            ImageRef::new(self.width, self.height, &self.pixels, PixelType::U8x4).map_err(|e| impossible(&e))?;
        let mut target = Image::new(width, height, PixelType::U8x4);
        Resizer::new().resize(&source, &mut target, &options).map_err(|e| impossible(&e))?;
        Ok(Self { width, height, pixels: target.into_vec(), opaque: self.opaque })
    }

    /// The `ThumbHash` in base64.
    pub(super) fn placeholder(&self) -> Result<String, Refusal> {
        const SIDE: u32 = 100;
        let small;
        let picture = if self.width.max(self.height) > SIDE {
            let (width, height) = Wanted::Inside(SIDE, SIDE).size(self.width, self.height);
            small = self.resized(width, height, None)?;
            &small
        } else {
            self
        };
        let hash = thumbhash::rgba_to_thumb_hash(picture.width as usize, picture.height as usize, &picture.pixels);
        Ok(base64::engine::general_purpose::STANDARD.encode(hash))
    }

    /// Pixels on white instead of transparent ones.
    fn flattened(&self) -> Vec<u8> {
        let on_white = |value: u8, alpha: u8| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        self.pixels
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&[red, green, blue, alpha]| {
                [on_white(red, alpha), on_white(green, alpha), on_white(blue, alpha), u8::MAX]
            })
            .collect()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of pixels first")]
fn rounded(pixels: f64) -> u32 {
    pixels.round().clamp(1.0, 1e9) as u32
}

/// Refuses a picture whose header promises more than is granted, before anything is decoded.
pub(super) fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), Refusal> {
    if width == 0 || height == 0 {
        return Err(Refusal::malformed("The picture has no pixels."));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        return Err(Refusal::too_large(format!(
            "The picture has {width} × {height} pixels; at most {} megapixels are read.",
            limits.pixels / 1_000_000
        )));
    }
    Ok(())
}

/// Refuses to hold a picture decoded that would take more memory than is granted.
pub(super) fn check_memory(width: u32, height: u32, bytes_a_pixel: u64, limits: &Limits) -> Result<(), Refusal> {
    let bytes = u64::from(width) * u64::from(height) * bytes_a_pixel;
    if bytes > limits.decoded {
        return Err(Refusal::too_large(format!(
            "The picture takes {} MiB when decoded; at most {} MiB are granted.",
            bytes >> 20,
            limits.decoded >> 20
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covering_fills_the_box_from_the_middle() {
        let picture = Picture::white(400, 200).covering(100, 100).unwrap();
        assert_eq!((picture.width, picture.height), (100, 100));
        let picture = Picture::white(50, 200).covering(100, 100).unwrap();
        assert_eq!((picture.width, picture.height), (50, 100));
    }

    #[test]
    fn transparency_becomes_white() {
        let picture = Picture { width: 1, height: 1, pixels: vec![0, 0, 0, 0], opaque: false };
        assert_eq!(picture.flattened(), [255, 255, 255, 255]);
    }
}
