//! Colours to sRGB. A profile that cannot be used changes nothing: the picture is shown as if it had none.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::Picture;

/// Applies an embedded ICC profile.
pub(in crate::parse) fn to_srgb(picture: &mut Picture, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    match profile.color_space {
        DataColorSpace::Rgb => {
            transform(picture, &profile, Layout::Rgba, <[u8]>::to_vec);
        }
        DataColorSpace::Gray => {
            let grey_and_alpha =
                |pixels: &[u8]| pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[3]]).collect();
            transform(picture, &profile, Layout::GrayAlpha, grey_and_alpha);
        }
        _ => {}
    }
}

fn transform(picture: &mut Picture, profile: &ColorProfile, layout: Layout, source: impl Fn(&[u8]) -> Vec<u8>) -> bool {
    let target = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &target, Layout::Rgba, TransformOptions::default())
    else {
        return false;
    };
    // Row by row: the copy of the source stays small.
    let row = picture.width as usize * 4;
    picture.pixels.chunks_exact_mut(row).all(|pixels| transform.transform(&source(pixels), pixels).is_ok())
}

/// Turns four inks into colours, by their profile or else by the plain rule. Adobe's files hold them inverted.
pub(super) fn inks_to_srgb(picture: &mut Picture, profile: Option<&[u8]>, inverted: bool) {
    if inverted {
        picture.pixels.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    let by_profile = profile
        .and_then(|bytes| ColorProfile::new_from_slice(bytes).ok())
        .filter(|profile| profile.color_space == DataColorSpace::Cmyk)
        .is_some_and(|profile| transform(picture, &profile, Layout::Rgba, <[u8]>::to_vec));
    for pixel in picture.pixels.as_chunks_mut::<4>().0 {
        if !by_profile {
            let [cyan, magenta, yellow, black] = *pixel;
            let left = |ink: u8| {
                let (ink, black) = (u32::from(255 - ink), u32::from(255 - black));
                u8::try_from(ink * black / 255).unwrap_or(u8::MAX)
            };
            *pixel = [left(cyan), left(magenta), left(yellow), 255];
        }
        pixel[3] = 255;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_without_a_profile_become_colours() {
        let mut picture = Picture { width: 2, height: 1, pixels: vec![0, 0, 0, 0, 0, 255, 255, 0], opaque: true };
        inks_to_srgb(&mut picture, None, false);
        assert_eq!(picture.pixels, [255, 255, 255, 255, 255, 0, 0, 255]);
    }

    #[test]
    fn a_broken_profile_changes_nothing() {
        let mut picture = Picture { width: 1, height: 1, pixels: vec![1, 2, 3, 255], opaque: true };
        to_srgb(&mut picture, b"not a profile");
        assert_eq!(picture.pixels, [1, 2, 3, 255]);
    }
}
