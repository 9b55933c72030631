//! How much detail of a picture is wanted, so that no more is decoded.

use super::orientation::swaps_sides;
use super::rounded;

/// The pixels that somebody will look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Wanted {
    /// All there are.
    All,
    /// Those of the whole picture inside a box.
    Inside(u32, u32),
    /// Those of a picture that fills a box on both sides.
    Over(u32, u32),
}

impl Wanted {
    /// What is wanted of a picture that is turned after it was decoded.
    pub(in crate::parse) fn before_turning(self, orientation: u32) -> Self {
        match self {
            Self::Inside(width, height) if swaps_sides(orientation) => Self::Inside(height, width),
            Self::Over(width, height) if swaps_sides(orientation) => Self::Over(height, width),
            other => other,
        }
    }

    /// The size wanted of a picture of this size; never larger, never empty.
    pub(in crate::parse) fn size(self, own_width: u32, own_height: u32) -> (u32, u32) {
        let across = |width: u32| f64::from(width) / f64::from(own_width);
        let down = |height: u32| f64::from(height) / f64::from(own_height);
        let scale = match self {
            Self::All => 1.0,
            Self::Inside(width, height) => across(width).min(down(height)),
            Self::Over(width, height) => across(width).max(down(height)),
        };
        if scale >= 1.0 {
            return (own_width, own_height);
        }
        (rounded(f64::from(own_width) * scale), rounded(f64::from(own_height) * scale))
    }

    /// The size to draw something at that has a shape and no pixels: `longest` on its longer side at most.
    pub(in crate::parse) fn drawn(self, width: f32, height: f32, longest: u32, otherwise: u32) -> (u32, u32) {
        let (width, height) = (f64::from(width), f64::from(height));
        let most = match self {
            Self::All => otherwise.min(longest),
            _ => longest,
        };
        let scale = f64::from(most) / width.max(height);
        self.size(rounded(width * scale), rounded(height * scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_follows_the_box_and_is_never_enlarged() {
        assert_eq!(Wanted::Inside(512, 512).size(4000, 3000), (512, 384));
        assert_eq!(Wanted::Inside(u32::MAX, 300).size(4000, 3000), (400, 300));
        assert_eq!(Wanted::Over(200, 200).size(4000, 3000), (267, 200));
        assert_eq!(Wanted::Inside(512, 512).size(300, 200), (300, 200));
        assert_eq!(Wanted::Inside(64, 64).size(10_000, 1), (64, 1));
        assert_eq!(Wanted::All.size(7, 5), (7, 5));
    }

    #[test]
    fn a_box_is_turned_with_the_picture() {
        assert_eq!(Wanted::Inside(640, 480).before_turning(6), Wanted::Inside(480, 640));
        assert_eq!(Wanted::Over(640, 480).before_turning(3), Wanted::Over(640, 480));
    }

    #[test]
    fn drawings_fill_what_is_wanted() {
        assert_eq!(Wanted::Inside(1600, 1600).drawn(20.0, 10.0, 4096, 1000), (1600, 800));
        assert_eq!(Wanted::All.drawn(20.0, 10.0, 4096, 1000), (1000, 500));
        assert_eq!(Wanted::Inside(64, 64).drawn(1e9, 1.0, 4096, 1000), (64, 1));
    }
}
