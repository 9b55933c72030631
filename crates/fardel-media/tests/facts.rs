//! Facts, text and pictures of real files, made by the programs that people make them with.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use fardel_media::{Fit, Format, Part, Report, Task};
use support::{bytes, inspect, run, run_file, sample, thumbnails};

async fn inspected(name: &str) -> Report {
    let extension = name.rsplit('.').next().unwrap();
    run_file(inspect(extension), &sample(name)).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

async fn pictured(name: &str) -> Report {
    let extension = name.rsplit('.').next().unwrap();
    run_file(thumbnails(extension), &sample(name)).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sizes(report: &Report) -> Vec<(u32, u32, u32)> {
    report.renditions.iter().map(|picture| (picture.size, picture.width, picture.height)).collect()
}

#[tokio::test]
async fn every_image_format_has_its_size_and_its_pictures() {
    let expected = [
        ("photo.jpg", "image/jpeg", 4000, 3000, 4),
        ("progressive.jpg", "image/jpeg", 1200, 800, 4),
        ("grey.jpg", "image/jpeg", 800, 600, 4),
        ("inks.jpg", "image/jpeg", 400, 300, 3),
        ("picture.png", "image/png", 900, 600, 4),
        ("deep.png", "image/png", 300, 200, 3),
        ("picture.webp", "image/webp", 900, 600, 4),
        ("picture.bmp", "image/bmp", 900, 600, 4),
        ("picture.gif", "image/gif", 900, 600, 4),
        ("picture.tiff", "image/tiff", 900, 600, 4),
        ("picture.ico", "image/x-icon", 64, 64, 1),
        ("animated.gif", "image/gif", 120, 80, 2),
    ];
    for (name, media_type, width, height, pictures) in expected {
        for report in [inspected(name).await, pictured(name).await] {
            assert_eq!(report.facts.media_type.as_deref(), Some(media_type), "{name}");
            assert_eq!((report.facts.width, report.facts.height), (Some(width), Some(height)), "{name}");
        }
        let report = pictured(name).await;
        assert_eq!(report.renditions.len(), pictures, "{name}");
        assert!(report.placeholder.is_some(), "{name}");
        for picture in &report.renditions {
            assert!(picture.width.max(picture.height) <= picture.size);
            assert_eq!(&picture.bytes[8..12], b"WEBP");
        }
    }
}

#[tokio::test]
async fn a_size_that_the_picture_cannot_fill_is_given_once_at_its_own_size() {
    let report = pictured("picture.png").await;
    assert_eq!(sizes(&report), [(64, 64, 43), (256, 256, 171), (512, 512, 341), (1600, 900, 600)]);
    let report = pictured("deep.png").await;
    assert_eq!(sizes(&report), [(64, 64, 43), (256, 256, 171), (512, 300, 200)]);
}

#[tokio::test]
async fn inks_become_their_colours() {
    let task = Task::Transform {
        media_type: String::new(),
        extension: String::new(),
        width: Some(10),
        height: Some(10),
        fit: Fit::Cover,
        format: Format::Png,
        quality: 80,
    };
    let report = run_file(task, &sample("inks.jpg")).await.unwrap();
    let picture = &report.renditions[0];
    assert_eq!((picture.width, picture.height), (10, 10));
    let pixel = decoded(&picture.bytes).get_pixel(5, 5).0;
    assert!(pixel[0] > 200 && pixel[1] < 60 && pixel[2] < 60, "{pixel:?}");
}

fn decoded(png: &[u8]) -> image::RgbaImage {
    image::load_from_memory(png).unwrap().into_rgba8()
}

/// An EXIF block put into a JPEG file behind its first marker.
fn with_exif(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    use exif::experimental::Writer;
    use exif::{Field, In, Rational, Tag, Value};
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let degrees = |parts: [u32; 3]| Value::Rational(parts.iter().map(|&num| Rational { num, denom: 1 }).collect());
    let fields = [
        (Tag::Make, text("Canon")),
        (Tag::Model, text("Canon EOS 80D")),
        (Tag::LensModel, text("EF50mm f/1.8 STM")),
        (Tag::DateTimeOriginal, text("2024:05:01 10:11:12")),
        (Tag::OffsetTimeOriginal, text("+02:00")),
        (Tag::Orientation, Value::Short(vec![orientation])),
        (Tag::GPSLatitude, degrees([47, 22, 30])),
        (Tag::GPSLatitudeRef, text("N")),
        (Tag::GPSLongitude, degrees([8, 30, 0])),
        (Tag::GPSLongitudeRef, text("W")),
    ]
    .map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value });
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut block = std::io::Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    let block = [b"Exif\0\0", &block.into_inner()[..]].concat();
    let length = u16::try_from(block.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_photo_tells_camera_time_and_place_and_is_turned_upright() {
    let photo = with_exif(&bytes("progressive.jpg"), 6);
    let report = run(inspect("jpg"), &photo).await.unwrap();
    let facts = &report.facts;
    assert_eq!(facts.camera.as_deref(), Some("Canon EOS 80D"));
    assert_eq!(facts.lens.as_deref(), Some("EF50mm f/1.8 STM"));
    assert_eq!(facts.taken_at.as_deref(), Some("2024-05-01T10:11:12+02:00"));
    assert_eq!((facts.width, facts.height), (Some(800), Some(1200)));
    let place = report.place.unwrap();
    assert!((place.latitude - 47.375).abs() < 1e-6 && (place.longitude + 8.5).abs() < 1e-6);

    let report = run(thumbnails("jpg"), &photo).await.unwrap();
    assert_eq!(sizes(&report)[2], (512, 341, 512));
    for picture in &report.renditions {
        for secret in [&b"Exif"[..], b"EXIF", b"Canon", b"GPS"] {
            assert!(!picture.bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[tokio::test]
async fn drawings_are_drawn_without_script_or_outside_pictures() {
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><script>alert(1)</script>
        <image href="file:///etc/passwd" width="5" height="5"/><image href="http://127.0.0.1/x.png" width="5" height="5"/>
        <rect width="20" height="10" fill="lime"/></svg>"#;
    let report = run(thumbnails("svg"), svg).await.unwrap();
    assert_eq!((report.facts.width, report.facts.height), (Some(20), Some(10)));
    assert_eq!(sizes(&report)[3], (1600, 1600, 800));
}

#[tokio::test]
async fn documents_give_their_properties_and_text() {
    for name in ["letter.docx", "letter.odt", "letter.pdf", "letter.rtf", "letter.epub"] {
        let report = inspected(name).await;
        let text = report.text.unwrap();
        for words in ["Quarterly report", "Grüße aus Zürich: the harvest was good.", "with bold words"] {
            assert!(text.content.contains(words), "{name}: {:?}", text.content);
        }
        assert!(!text.truncated);
        if name != "letter.epub" {
            assert_eq!(report.facts.title.as_deref(), Some("A letter"), "{name}");
        }
        if ["letter.odt", "letter.pdf"].contains(&name) {
            assert_eq!(report.facts.pages, Some(1), "{name}");
        }
    }
}

#[tokio::test]
async fn workbooks_and_slides_give_their_cells_and_words() {
    for name in ["table.xlsx", "table.ods"] {
        let report = inspected(name).await;
        let text = report.text.unwrap().content;
        let row = text.lines().find(|line| line.contains("Bläckberry")).unwrap_or_else(|| panic!("{name}: {text:?}"));
        assert!(row.contains('7'), "{row:?}");
        assert_eq!(report.facts.pages, Some(1), "{name}");
    }
    for name in ["slides.pptx", "slides.odp"] {
        let report = inspected(name).await;
        let text = report.text.unwrap().content;
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{name}: {text:?}"));
        assert!(at("First slide title") < at("Second slide words"));
        assert_eq!(report.facts.pages, Some(2), "{name}");
    }
}

#[tokio::test]
async fn documents_and_texts_have_a_picture() {
    for name in ["letter.pdf", "letter.docx", "letter.odt", "letter.rtf", "letter.epub", "table.xlsx", "slides.pptx"] {
        let report = pictured(name).await;
        assert!(report.renditions.len() >= 3, "{name}: {:?}", report.skipped);
    }
    let report = run(thumbnails("rs"), b"fn main() {\n\tprintln!(\"hello\");\n}\n").await.unwrap();
    assert_eq!(report.renditions.len(), 4);
}

#[tokio::test]
async fn sound_gives_duration_tags_and_cover() {
    for name in ["tone.mp3", "tone.flac", "tone.ogg", "tone.m4a", "tone.opus", "tone.wav"] {
        let facts = inspected(name).await.facts;
        assert!((2900..3200).contains(&facts.duration_ms.unwrap()), "{name}: {:?}", facts.duration_ms);
        assert_eq!(facts.title.as_deref(), Some("A tone"), "{name}");
        assert_eq!(facts.author.as_deref(), Some("The Oscillator"), "{name}");
        let audio = facts.audio.unwrap();
        assert_eq!(audio.album.as_deref(), Some("Waves"), "{name}");
        assert!(audio.sample_rate.is_some() && audio.channels == Some(1));
    }
    assert_eq!(sizes(&pictured("tone.mp3").await)[1], (256, 256, 171));
    let report = pictured("tone.flac").await;
    assert_eq!(report.skipped[0].part, Part::Thumbnail);
}

#[tokio::test]
async fn texts_are_read_in_their_character_set() {
    let report = run(inspect("txt"), b"Gr\xfc\xdfe aus M\xfcnchen, sch\xf6ne Gr\xfc\xdfe").await.unwrap();
    assert_eq!(report.text.unwrap().content, "Grüße aus München, schöne Grüße");
    assert_eq!(report.facts.charset.as_deref(), Some("windows-1252"));
    let page = b"<html><head><meta charset=\"iso-8859-2\"><title>x</title></head><body>\xbelu\xbbou\xe8k\xfd k\xf9\xf2</body></html>";
    let report = run(inspect("html"), page).await.unwrap();
    assert_eq!(report.text.unwrap().content, "žluťoučký kůň");
    let report = run(inspect("md"), "# Title\n\nWords".as_bytes()).await.unwrap();
    assert_eq!(report.facts.title.as_deref(), Some("Title"));
    let long = "word ".repeat(300_000);
    let text = run(inspect("txt"), long.as_bytes()).await.unwrap().text.unwrap();
    assert!(text.truncated && text.content.len() <= 1 << 20 && text.content.len() > (1 << 20) - 10);
}

#[tokio::test]
async fn mail_gives_sender_subject_time_words_and_attachment_names() {
    let mail = b"From: Ada <ada@example.org>\r\nTo: b@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
        Date: Wed, 01 May 2024 10:11:12 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The <b>harvest</b></p>\r\n--x\r\n\
        Content-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\nx\r\n--x--\r\n";
    let report = run(inspect("eml"), mail).await.unwrap();
    assert_eq!(report.facts.title.as_deref(), Some("Grüße"));
    assert_eq!(report.facts.author.as_deref(), Some("Ada <ada@example.org>"));
    assert_eq!(report.facts.taken_at.as_deref(), Some("2024-05-01T10:11:12+02:00"));
    let text = report.text.unwrap().content;
    assert!(text.contains("The harvest") && text.contains("plan.pdf"), "{text:?}");
}

#[tokio::test]
async fn the_edge_gets_the_shape_and_format_it_asks_for() {
    let task = |width, height, fit, format| Task::Transform {
        media_type: "image/jpeg".to_owned(),
        extension: String::new(),
        width,
        height,
        fit,
        format,
        quality: 75,
    };
    let cases = [
        (task(Some(640), None, Fit::Contain, Format::WebP), (640, 480)),
        (task(None, Some(300), Fit::Contain, Format::Jpeg), (400, 300)),
        (task(Some(200), Some(200), Fit::Cover, Format::Png), (200, 200)),
        (task(Some(9000), Some(100), Fit::Contain, Format::WebP), (133, 100)),
        (task(None, None, Fit::Contain, Format::Jpeg), (4000, 3000)),
        (task(Some(320), None, Fit::Contain, Format::Avif), (320, 240)),
    ];
    for (task, shape) in cases {
        let report = run_file(task, &sample("photo.jpg")).await.unwrap();
        assert_eq!((report.renditions[0].width, report.renditions[0].height), shape);
    }
}

#[tokio::test]
async fn a_wrong_media_type_changes_nothing() {
    for (media_type, extension) in [("text/html", "html"), ("image/png", "png"), ("application/pdf", "pdf")] {
        let task =
            Task::Inspect { media_type: media_type.to_owned(), extension: extension.to_owned(), want_text: true };
        let report = run_file(task, &sample("picture.gif")).await.unwrap();
        assert_eq!(report.facts.media_type.as_deref(), Some("image/gif"));
    }
    let report = run(thumbnails("jpg"), b"\0\x01\x02 no picture").await.unwrap();
    assert!(report.renditions.is_empty() && report.skipped.len() == 1);
}
