//! EXIF: how a photo was taken, when, and where.

use exif::{Exif, In, Reader, Tag, Value};

use super::Input;
use super::kind::Kind;
use super::picture::orientation::swaps_sides;
use crate::report::{Facts, Place};

/// TIFF and HEIF files are read whole for their EXIF: larger ones do without.
const LARGEST: u64 = 64 << 20;

/// The size as shown.
pub(super) fn shown(width: u32, height: u32, orientation: u32) -> (u32, u32) {
    if swaps_sides(orientation) { (height, width) } else { (width, height) }
}

/// How the picture must be turned: 1 to 8, 1 if the file does not say.
pub(super) fn orientation(input: &Input, kind: Kind) -> u32 {
    read(input, kind).map_or(1, |exif| orientation_of(&exif))
}

/// Fills in what the EXIF block says; returns the orientation and the place.
pub(super) fn inspect(input: &Input, kind: Kind, facts: &mut Facts) -> (u32, Option<Place>) {
    let Some(exif) = read(input, kind) else { return (1, None) };
    let text = |tag| field(&exif, tag).and_then(text);
    facts.camera = match (text(Tag::Make), text(Tag::Model)) {
        // "Canon" + "Canon EOS 80D", "NIKON CORPORATION" + "NIKON D750"
        (Some(make), Some(model)) => {
            let brand = make.split(' ').next().unwrap_or_default().to_ascii_lowercase();
            let named = model.to_ascii_lowercase().starts_with(&brand);
            Some(if named { model } else { format!("{make} {model}") })
        }
        (make, model) => model.or(make),
    };
    facts.lens = text(Tag::LensModel);
    facts.title = text(Tag::ImageDescription);
    facts.author = text(Tag::Artist);
    facts.taken_at = taken_at(&exif);
    (orientation_of(&exif), place(&exif))
}

fn read(input: &Input, kind: Kind) -> Option<Exif> {
    let whole_file = matches!(kind, Kind::Tiff | Kind::Heic | Kind::Avif);
    let may_have = matches!(kind, Kind::Jpeg | Kind::Png | Kind::WebP) || (whole_file && input.length <= LARGEST);
    if !may_have {
        return None;
    }
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    match reader.read_from_container(&mut input.reader().ok()?) {
        Ok(exif) => Some(exif),
        Err(error) => error.distill_partial_result(|_| ()).ok(),
    }
}

fn orientation_of(exif: &Exif) -> u32 {
    field(exif, Tag::Orientation).and_then(|value| value.get_uint(0)).unwrap_or(1)
}

fn field(exif: &Exif, tag: Tag) -> Option<&Value> {
    exif.get_field(tag, In::PRIMARY).map(|field| &field.value)
}

fn text(value: &Value) -> Option<String> {
    let Value::Ascii(parts) = value else { return None };
    let text = String::from_utf8_lossy(parts.first()?);
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// RFC 3339; the offset only where the camera wrote one.
fn taken_at(exif: &Exif) -> Option<String> {
    let time = [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime]
        .into_iter()
        .find_map(|tag| field(exif, tag).and_then(text))?;
    let time = exif::DateTime::from_ascii(time.as_bytes()).ok()?;
    let plausible = (1800..3000).contains(&time.year) && (1..=12).contains(&time.month) && (1..=31).contains(&time.day);
    if !plausible || time.hour > 23 || time.minute > 59 || time.second > 60 {
        return None;
    }
    let offset = field(exif, Tag::OffsetTimeOriginal)
        .and_then(text)
        .filter(|offset| offset.len() == 6 && offset.starts_with(['+', '-']) && offset.as_bytes()[3] == b':')
        .unwrap_or_default();
    let exif::DateTime { year, month, day, hour, minute, second, .. } = time;
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}"))
}

fn place(exif: &Exif) -> Option<Place> {
    let degrees = |value: Tag, reference: Tag, negative: char, most: f64| {
        let Value::Rational(parts) = field(exif, value)? else { return None };
        let [degrees, minutes, seconds] = parts.get(..3)? else { return None };
        let size = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
        let below = field(exif, reference).and_then(text)?.starts_with(negative);
        (size.is_finite() && size <= most).then_some(if below { -size } else { size })
    };
    let altitude = || {
        let Value::Rational(parts) = field(exif, Tag::GPSAltitude)? else { return None };
        let size = parts.first()?.to_f64();
        let below = field(exif, Tag::GPSAltitudeRef).and_then(|value| value.get_uint(0)) == Some(1);
        size.is_finite().then_some(if below { -size } else { size })
    };
    Some(Place {
        latitude: degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, 'S', 90.0)?,
        longitude: degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, 'W', 180.0)?,
        altitude: altitude(),
    })
}
