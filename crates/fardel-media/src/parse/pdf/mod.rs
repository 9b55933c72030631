//! PDF by hayro: pages, properties, text, and the first page as a picture.

mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use super::Input;
use super::picture::{Picture, Wanted};
use crate::report::{Facts, Refusal, Text};
use crate::task::Limits;

/// Most bytes of a PDF file, which is held in memory.
const LARGEST: u64 = 192 << 20;

/// Pixels on the longest side of a page for which nothing else is wanted.
const PAGE_SIDE: u32 = 1600;

/// Pixels on the longest side of a page at most.
const LARGEST_SIDE: u32 = 4096;

/// Fills in the properties and reads the text.
pub(super) fn inspect(input: &Input, text_limit: usize, limits: &Limits, facts: &mut Facts) -> Result<Text, Refusal> {
    let pdf = open(input)?;
    facts.pages = u32::try_from(pdf.pages().len()).ok();
    let metadata = pdf.metadata();
    facts.title = metadata.title.as_deref().and_then(property);
    facts.author = metadata.author.as_deref().and_then(property);
    if text_limit == 0 {
        return Ok(Text::default());
    }
    caught(|| words::read(&pdf, text_limit, limits))
}

/// Draws the first page on white.
pub(super) fn first_page(input: &Input, wanted: Wanted) -> Result<Picture, Refusal> {
    let pdf = open(input)?;
    let page = pdf.pages().first().ok_or_else(|| Refusal::malformed("The document has no page."))?;
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(Refusal::malformed("The first page has no size."));
    }
    let (drawn_width, drawn_height) = wanted.drawn(width, height, LARGEST_SIDE, PAGE_SIDE);
    // A hair more, since the renderer rounds down.
    #[expect(clippy::cast_precision_loss, reason = "at most 4,096")]
    let scale = |drawn: u32, own: f32| (drawn as f32 + 0.01) / own;
    let settings =
        PixmapSettings { x_scale: scale(drawn_width, width), y_scale: scale(drawn_height, height), bg_color: WHITE };
    let pixmap = caught(|| {
        hayro::render(page, &RenderCache::new(), &InterpreterSettings::default(), &RenderSettings::default(), &settings)
    })?;
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    // The ground is white, so that nothing is left transparent and premultiplied is plain.
    let pixels = pixmap.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b, 255]).collect();
    if width == 0 || height == 0 {
        return Err(Refusal::malformed("The first page has no size."));
    }
    Ok(Picture { width, height, pixels, opaque: true })
}

fn open(input: &Input) -> Result<Pdf, Refusal> {
    let bytes = input.all(LARGEST)?;
    caught(|| Pdf::new(bytes))?.map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            Refusal::encrypted("The document asks for a password.")
        }
        LoadPdfError::Decryption(_) => Refusal::encrypted("The document is encrypted in a way that is not supported."),
        LoadPdfError::Invalid => Refusal::malformed("The document is not a readable PDF file."),
    })
}

/// A parser that gives up on a broken file by a panic has found it broken.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Refusal::malformed("The document cannot be read."))
}

/// A text string: UTF-16 with a mark, UTF-8 with a mark, or `PDFDocEncoding` (ISO 32000-2, 7.9.2).
fn property(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0,
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0,
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(500).collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_come_in_three_character_sets() {
        assert_eq!(property(b"\xfe\xff\0A\x20\xac").as_deref(), Some("A€"));
        assert_eq!(property("Grüße".as_bytes()).as_deref(), Some("Grüße"));
        assert_eq!(property(b"Gr\xfc\xdfe").as_deref(), Some("Grüße"));
        assert_eq!(property(b" \0"), None);
    }
}
