//! The text of a PDF: its pages are drawn on a device that only listens for letters.

use std::time::{Duration, Instant};

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::kurbo::{Affine, BezPath, Point, Rect};

use super::super::text::Collected;
use crate::report::Text;
use crate::task::Limits;

/// Reads page after page until the limit, or until half of the processor time is gone.
pub(super) fn read(pdf: &Pdf, text_limit: usize, limits: &Limits) -> Text {
    let begin = Instant::now();
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut words = Words { text: Collected::new(text_limit), last: None };
    let mut ran_out = false;
    for page in pdf.pages().iter() {
        ran_out = begin.elapsed() > Duration::from_secs(limits.cpu_seconds / 2);
        if ran_out || words.text.is_full() {
            break;
        }
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let upright = Affine::new(page.initial_transform(true).as_coeffs());
        let mut context = Context::new(upright, area, &cache, page.xref(), settings.clone());
        interpret_page(page, &mut context, &mut words);
        words.text.line();
        words.last = None;
    }
    let mut text = words.text.finish();
    text.truncated |= ran_out;
    text
}

struct Words {
    text: Collected,
    /// Where the last glyph began, and the size of its font.
    last: Option<(Point, f64)>,
}

impl Words {
    /// Spaces and line ends are told by the distance between letters: a PDF need not write them.
    fn glyph(&mut self, text: &str, at: Point, size: f64) {
        if let Some((last, last_size)) = self.last {
            let size = size.max(last_size).max(0.1);
            let (across, down) = (at.x - last.x, (at.y - last.y).abs());
            if down > size * 0.5 {
                self.text.end_line();
                if down > size * 2.5 {
                    self.text.line();
                }
            } else if across > size * 1.15 || across < -size {
                // Wider than any letter of this size: a gap. Narrower gaps come as written spaces in nearly all files.
                self.text.space();
            }
        }
        self.text.push(text);
        self.last = Some((at, size));
    }
}

impl<'a> Device<'a> for Words {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            if self.text.is_full() {
                return;
            }
            let Some(text) = glyph.as_unicode() else { continue };
            let transform = props.transform * glyph.transform();
            let at = transform * Point::ZERO;
            // Glyphs are drawn in thousandths of their size.
            let size = (transform * Point::new(0.0, 1000.0)).distance(at);
            let (at, size) = if at.is_finite() && size.is_finite() { (at, size) } else { (Point::ZERO, 1.0) };
            match text {
                BfString::Char(c) => self.glyph(c.encode_utf8(&mut [0; 4]), at, size),
                BfString::String(text) => self.glyph(&text, at, size),
            }
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
