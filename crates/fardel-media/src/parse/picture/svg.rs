//! SVG by resvg: no script, no file, no network; text is not drawn, since there are no fonts in here.

use std::io::Read as _;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::{Picture, Wanted};
use crate::report::Refusal;

/// Most bytes of one drawing, after decompression.
pub(in crate::parse) const LARGEST: u64 = 16 << 20;

/// Pixels on the longest side of a drawing at most.
const LARGEST_SIDE: u32 = 4096;

/// Reads a drawing, compressed or not.
pub(in crate::parse) fn read(bytes: &[u8]) -> Result<Tree, Refusal> {
    let mut plain = Vec::new();
    let bytes = if bytes.starts_with(b"\x1f\x8b") {
        flate2::read::GzDecoder::new(bytes).take(LARGEST + 1).read_to_end(&mut plain)?;
        if plain.len() as u64 > LARGEST {
            return Err(Refusal::too_large("The drawing is larger than 16 MiB when decompressed."));
        }
        &plain
    } else {
        bytes
    };
    let options = Options {
        resources_dir: None,
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            // `file:`, `http:` and plain paths are left out.
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_data(bytes, &options).map_err(|error| Refusal::malformed(format!("The drawing cannot be read: {error}")))
}

/// The size it asks for, in whole pixels.
pub(in crate::parse) fn size(tree: &Tree) -> (u32, u32) {
    let size = tree.size().to_int_size();
    (size.width(), size.height())
}

/// Draws it in the size that is wanted; drawings may be enlarged, they lose nothing.
pub(in crate::parse) fn draw(tree: &Tree, wanted: Wanted) -> Result<Picture, Refusal> {
    let (own_width, own_height) = (tree.size().width(), tree.size().height());
    let otherwise = size(tree).0.max(size(tree).1);
    let (width, height) = wanted.drawn(own_width, own_height, LARGEST_SIDE, otherwise);
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| Refusal::malformed("The drawing has no size."))?;
    #[expect(clippy::cast_precision_loss, reason = "at most 4,096")]
    let scale = Transform::from_scale(width as f32 / own_width, height as f32 / own_height);
    resvg::render(tree, scale, &mut pixmap.as_mut());
    let pixels = pixmap.pixels().iter().flat_map(|pixel| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    });
    Ok(Picture { width, height, pixels: pixels.collect(), opaque: false })
}
