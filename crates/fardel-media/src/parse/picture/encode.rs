//! Writes pictures, always without metadata.

use std::io;

use image::ImageEncoder as _;

use super::Picture;
use crate::report::Refusal;
use crate::task::Format;

/// Pixels of an AVIF picture at most.
const AVIF_PIXELS: u64 = 4_000_000;

/// rav1e's scale of 1 to 10. At 1,600 pixels 10 took half a second, 8 two and a half, for a third fewer bytes.
const AVIF_SPEED: u8 = 8;

impl Picture {
    /// The picture as a file.
    pub(in crate::parse) fn encode(&self, format: Format, quality: u8) -> Result<Vec<u8>, Refusal> {
        match format {
            Format::WebP => crate::ffi::encode_webp(self, quality)
                .ok_or_else(|| Refusal::too_large("The picture is too large for WebP (16,383 pixels a side).")),
            Format::Jpeg => self.encode_jpeg(quality).map_err(Refusal::from),
            Format::Png => {
                let mut bytes = Vec::new();
                image::codecs::png::PngEncoder::new(&mut bytes)
                    .write_image(&self.pixels, self.width, self.height, image::ExtendedColorType::Rgba8)
                    .map_err(|error| Refusal::malformed(error.to_string()))?;
                Ok(bytes)
            }
            Format::Avif => self.encode_avif(quality),
        }
    }

    fn encode_avif(&self, quality: u8) -> Result<Vec<u8>, Refusal> {
        // rav1e's memory grows with the picture, about 60 bytes a pixel.
        if u64::from(self.width) * u64::from(self.height) > AVIF_PIXELS {
            return Err(Refusal::too_large("AVIF is written up to 4 megapixels."));
        }
        let pixels: Vec<ravif::RGBA8> =
            self.pixels.as_chunks::<4>().0.iter().map(|&[r, g, b, a]| ravif::RGBA8::new(r, g, b, a)).collect();
        ravif::Encoder::new()
            .with_quality(f32::from(quality))
            .with_alpha_quality(f32::from(quality))
            .with_speed(AVIF_SPEED)
            .with_bit_depth(ravif::BitDepth::Eight)
            .encode_rgba(ravif::Img::new(&pixels, self.width as usize, self.height as usize))
            .map(|encoded| encoded.avif_file)
            .map_err(|error| Refusal::malformed(error.to_string()))
    }

    fn encode_jpeg(&self, quality: u8) -> io::Result<Vec<u8>> {
        let flattened;
        let pixels = if self.opaque {
            &self.pixels
        } else {
            flattened = self.flattened();
            &flattened
        };
        super::jpeg::caught(|| {
            let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_EXT_RGBA);
            compress.set_size(self.width as usize, self.height as usize);
            compress.set_quality(f32::from(quality));
            compress.set_progressive_mode();
            let mut started = compress.start_compress(Vec::new())?;
            started.write_scanlines(pixels)?;
            started.finish()
        })
    }
}
