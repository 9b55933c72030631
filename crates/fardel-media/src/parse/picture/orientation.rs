//! Turns a picture as its EXIF orientation says (1 to 8; CIPA DC-008, 4.6.4).

use super::Picture;

/// Whether an orientation swaps width and height.
pub(in crate::parse) fn swaps_sides(orientation: u32) -> bool {
    (5..=8).contains(&orientation)
}

impl Picture {
    /// The picture as it should be shown; 1 and unknown values change nothing.
    pub(in crate::parse) fn turned(self, orientation: u32) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (shown_width, shown_height) = if swaps_sides(orientation) { (height, width) } else { (width, height) };
        let source = self.pixels.as_chunks::<4>().0;
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..shown_height {
            for x in 0..shown_width {
                let (from_x, from_y) = match orientation {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                pixels.extend_from_slice(&source[from_y * width + from_x]);
            }
        }
        let (width, height) =
            if swaps_sides(orientation) { (self.height, self.width) } else { (self.width, self.height) };
        Self { width, height, pixels, opaque: self.opaque }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 × 3 pixels, numbered by rows:  0 1 / 2 3 / 4 5
    fn numbered() -> Picture {
        Picture { width: 2, height: 3, pixels: (0..6).flat_map(|n| [n, n, n, 255]).collect(), opaque: true }
    }

    fn numbers(orientation: u32) -> (u32, Vec<u8>) {
        let picture = numbered().turned(orientation);
        (picture.width, picture.pixels.chunks(4).map(|pixel| pixel[0]).collect())
    }

    #[test]
    fn every_orientation_is_turned_upright() {
        assert_eq!(numbers(1), (2, vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(numbers(2), (2, vec![1, 0, 3, 2, 5, 4]));
        assert_eq!(numbers(3), (2, vec![5, 4, 3, 2, 1, 0]));
        assert_eq!(numbers(4), (2, vec![4, 5, 2, 3, 0, 1]));
        assert_eq!(numbers(5), (3, vec![0, 2, 4, 1, 3, 5]));
        assert_eq!(numbers(6), (3, vec![4, 2, 0, 5, 3, 1]));
        assert_eq!(numbers(7), (3, vec![5, 3, 1, 4, 2, 0]));
        assert_eq!(numbers(8), (3, vec![1, 3, 5, 0, 2, 4]));
        assert_eq!(numbers(9), (2, vec![0, 1, 2, 3, 4, 5]));
    }
}
