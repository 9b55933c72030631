//! JPEG by mozjpeg, decoded no larger than needed: the inverse DCT itself gives 1/2, 1/4 or 1/8 of the size, for a
//! fraction of the time and memory.

use std::io::{self, BufRead};
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, DctMethod, Decompress, Marker};

use super::{Picture, Wanted, check_memory, check_size};
use crate::report::Refusal;
use crate::task::Limits;

/// A decoded JPEG.
pub(in crate::parse) struct Decoded {
    /// Maybe smaller than the file's own size, never smaller than wanted.
    pub(in crate::parse) picture: Picture,
    /// The file's own size.
    pub(in crate::parse) width: u32,
    pub(in crate::parse) height: u32,
}

/// Bytes of ICC profile that are joined at most.
const PROFILE: usize = 4 << 20;

/// Decodes to sRGB in the size that is wanted, by way of the smallest of 1/8, 1/4, 1/2 and 1 that has enough pixels.
pub(in crate::parse) fn decode(reader: impl BufRead, wanted: Wanted, limits: &Limits) -> Result<Decoded, Refusal> {
    let mut refusal = None;
    let decoded = caught(|| {
        let mut jpeg = Decompress::with_markers(&[Marker::APP(2), Marker::APP(14)]).from_reader(reader)?;
        let (width, height) = (pixels(jpeg.width()), pixels(jpeg.height()));
        if let Err(reason) = check_size(width, height, limits) {
            refusal = Some(reason);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let profile = profile(&jpeg);
        let adobe = jpeg.markers().any(|marker| marker.marker == Marker::APP(14) && marker.data.starts_with(b"Adobe"));
        let eighths = eighths((width, height), wanted.size(width, height));
        jpeg.scale(eighths);
        jpeg.dct_method(DctMethod::IntegerSlow);
        let inks = matches!(jpeg.color_space(), ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK);
        let scaled = |side: u32| side.div_ceil(8) * u32::from(eighths);
        if let Err(reason) = check_memory(scaled(width), scaled(height), 4, limits) {
            refusal = Some(reason);
            return Err(io::ErrorKind::FileTooLarge.into());
        }

        let colours = if inks { ColorSpace::JCS_CMYK } else { ColorSpace::JCS_EXT_RGBA };
        let mut started = jpeg.to_colorspace(colours)?;
        let mut picture = Picture {
            width: pixels(started.width()),
            height: pixels(started.height()),
            pixels: started.read_scanlines()?,
            opaque: true,
        };
        // Lines that are missing at the end stay grey, as browsers show them; the file may be cut off by then.
        let _ = started.finish();
        if inks {
            super::colour::inks_to_srgb(&mut picture, profile.as_deref(), adobe);
            return Ok((picture, None, width, height));
        }
        Ok((picture, profile, width, height))
    });
    let (picture, profile, width, height) = match (decoded, refusal) {
        (_, Some(reason)) => return Err(reason),
        (Err(error), None) => return Err(error.into()),
        (Ok(decoded), None) => decoded,
    };
    // Fewer pixels first, then their colours.
    let (shown_width, shown_height) = wanted.size(width, height);
    let mut picture = picture.at(shown_width, shown_height)?;
    if let Some(profile) = profile {
        super::colour::to_srgb(&mut picture, &profile);
    }
    Ok(Decoded { picture, width, height })
}

/// The size in the header, without decoding.
pub(in crate::parse) fn size(reader: impl BufRead) -> Result<(u32, u32), Refusal> {
    let jpeg = caught(|| Decompress::builder().from_reader(reader).map(|jpeg| jpeg.size()))?;
    Ok((pixels(jpeg.0), pixels(jpeg.1)))
}

/// libjpeg's errors come as panics through C frames (the `unwinding` build); here they become errors again.
pub(super) fn caught<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let words = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
        Err(io::Error::other(words.unwrap_or("The JPEG file cannot be decoded.").to_owned()))
    })
}

fn eighths(own: (u32, u32), wanted: (u32, u32)) -> u8 {
    let enough = |own: u32, part: u8, wanted: u32| u64::from(own) * u64::from(part) / 8 >= u64::from(wanted);
    [1, 2, 4].into_iter().find(|&part| enough(own.0, part, wanted.0) && enough(own.1, part, wanted.1)).unwrap_or(8)
}

fn pixels(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}

/// The ICC profile, joined from its numbered markers (ICC.1:2022, B.4).
fn profile<R>(jpeg: &Decompress<R>) -> Option<Vec<u8>> {
    let mut parts: Vec<(u8, &[u8])> = jpeg
        .markers()
        .filter(|marker| marker.marker == Marker::APP(2))
        .filter_map(|marker| match marker.data.strip_prefix(b"ICC_PROFILE\0") {
            Some([number, _, data @ ..]) => Some((*number, data)),
            _ => None,
        })
        .collect();
    parts.sort_by_key(|(number, _)| *number);
    let joined: Vec<u8> = parts.iter().flat_map(|(_, data)| data.iter().copied()).take(PROFILE).collect();
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_scale_that_is_large_enough_is_taken() {
        assert_eq!(eighths((4000, 3000), (500, 375)), 1);
        assert_eq!(eighths((4000, 3000), (512, 384)), 2);
        assert_eq!(eighths((4000, 3000), (1600, 1200)), 4);
        assert_eq!(eighths((4000, 3000), (2001, 1501)), 8);
        assert_eq!(eighths((300, 200), (300, 200)), 8);
    }
}
