//! A text drawn as a sheet of paper, in a fixed-width font that comes with the program.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::super::picture::Picture;

const WIDTH: u32 = 800;
/// The shape of A4.
const HEIGHT: u32 = 1131;
const MARGIN: usize = 56;
const LINE: usize = 20;
const TAB: usize = 4;
/// Dark grey.
const INK: u8 = 0x22;

/// The first lines of `text` as one page.
pub(in crate::parse) fn page(text: &str) -> Picture {
    let mut page = Picture::white(WIDTH, HEIGHT);
    let glyph_width = get_raster_width(FontWeight::Regular, RasterHeight::Size16);
    let columns = (WIDTH as usize - 2 * MARGIN) / glyph_width;
    let rows = (HEIGHT as usize - 2 * MARGIN) / LINE;
    for (row, line) in text.lines().flat_map(|line| wrapped(line, columns)).take(rows).enumerate() {
        for (column, c) in line.into_iter().enumerate() {
            draw(&mut page, MARGIN + column * glyph_width, MARGIN + row * LINE, c);
        }
    }
    page
}

/// A line in pieces that fit; tabs become spaces.
fn wrapped(line: &str, columns: usize) -> Vec<Vec<char>> {
    let mut pieces = vec![Vec::new()];
    let mut length = 0;
    // A page has room for a few thousand characters; a line of megabytes is not laid out.
    for c in line.chars().take(columns * 60) {
        let (c, count) = if c == '\t' { (' ', TAB - length % TAB) } else { (c, 1) };
        for _ in 0..count {
            if length == columns {
                pieces.push(Vec::new());
                length = 0;
            }
            if let Some(piece) = pieces.last_mut() {
                piece.push(c);
            }
            length += 1;
        }
    }
    pieces
}

fn draw(page: &mut Picture, left: usize, top: usize, c: char) {
    if c.is_whitespace() || c.is_control() {
        return;
    }
    // The font has Latin letters; others show as a box, which still gives the page its look.
    let glyph = get_raster(c, FontWeight::Regular, RasterHeight::Size16)
        .or_else(|| get_raster('\u{fffd}', FontWeight::Regular, RasterHeight::Size16))
        .or_else(|| get_raster('?', FontWeight::Regular, RasterHeight::Size16));
    let Some(glyph) = glyph else { return };
    for (y, line) in glyph.raster().iter().enumerate() {
        for (x, &coverage) in line.iter().enumerate() {
            let at = ((top + y) * WIDTH as usize + left + x) * 4;
            let shade = 255 - u16::from(coverage) * u16::from(255 - INK) / 255;
            if let Some(pixel) = page.pixels.get_mut(at..at + 3) {
                pixel.fill(u8::try_from(shade).unwrap_or(INK));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_leaves_ink_on_the_page_and_none_in_the_margin() {
        let page = page(&"Hello, wörld! 漢字\n".repeat(200));
        assert!(page.pixels.chunks(4).any(|pixel| pixel[0] < 0x60));
        let margin = &page.pixels[..MARGIN * WIDTH as usize * 4];
        assert!(margin.iter().all(|&value| value == 255));
    }
}
