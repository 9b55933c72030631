//! Files made to hurt: each ends its own task, soon, with a name for what happened.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use fardel_media::{Limits, RefusalKind, Report, SandboxError, Task};
use support::{bytes, inspect, run, run_in, sandbox_with, thumbnails};

/// Both tasks, each within 30 s.
async fn both(extension: &str, bytes: &[u8]) -> [Result<Report, SandboxError>; 2] {
    let begin = Instant::now();
    let outcomes = [run(inspect(extension), bytes).await, run(thumbnails(extension), bytes).await];
    assert!(begin.elapsed() < Duration::from_mins(1), "{extension} took {:?}", begin.elapsed());
    outcomes
}

fn kind(outcome: &Result<Report, SandboxError>) -> Option<RefusalKind> {
    match outcome {
        Err(SandboxError::Refused(refusal)) => Some(refusal.kind),
        _ => None,
    }
}

fn deflated(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..times {
        encoder.write_all(bytes).unwrap();
    }
    encoder.finish().unwrap()
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(&name);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &name, data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG of so many black pixels, one bit each.
fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let row = vec![0; 1 + width.div_ceil(8) as usize];
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", &header),
        chunk(*b"IDAT", &deflated(&row, height as usize)),
        chunk(*b"IEND", b""),
    ]
    .concat()
}

#[tokio::test]
async fn a_picture_of_too_many_pixels_is_refused_by_its_header() {
    for side in [50_000, 20_000] {
        for outcome in both("png", &png(side, side)).await {
            assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{outcome:?}");
        }
    }
    // 80 megapixels are allowed, and take more memory than is granted once decoded.
    let outcome = run(thumbnails("png"), &png(10_000, 8_000)).await;
    assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{outcome:?}");
    assert!(run(thumbnails("png"), &png(6_000, 5_000)).await.is_ok());
}

#[tokio::test]
async fn headers_that_lie_are_refused() {
    let mut jpeg = bytes("progressive.jpg");
    let frame = jpeg.windows(2).position(|mark| mark == [0xff, 0xc2]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0, 0xff, 0]);
    let mut bmp = bytes("picture.bmp");
    bmp[18..26].copy_from_slice(&[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]);
    let mut gif = bytes("picture.gif");
    gif[6..10].copy_from_slice(&[0xff; 4]);
    for (extension, bytes) in [("jpg", jpeg), ("bmp", bmp), ("gif", gif)] {
        for outcome in both(extension, &bytes).await {
            assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{extension}: {outcome:?}");
        }
    }
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1e9 1e9" width="1e9" height="1e9"><rect width="9" height="9"/></svg>"#;
    for outcome in both("svg", svg).await {
        assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{outcome:?}");
    }
}

#[tokio::test]
async fn twenty_thousand_frames_cost_one() {
    let mut gif = b"GIF89a\x40\x01\xf0\x00\x80\x00\x00\xff\x00\x00\x00\x00\xff".to_vec();
    for _ in 0..20_000 {
        gif.extend(b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    gif.push(0x3b);
    let begin = Instant::now();
    for outcome in both("gif", &gif).await {
        outcome.unwrap();
    }
    assert!(begin.elapsed() < Duration::from_secs(10));
}

/// A ZIP file of these entries.
fn zip(entries: &[(&str, &[u8], usize)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content, times) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..*times {
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_document_that_unpacks_to_gigabytes_is_refused() {
    let spaces = vec![b' '; 1 << 20];
    let bombs = [
        ("docx", zip(&[("word/document.xml", &spaces, 600)])),
        ("docx", zip(&[("word/document.xml", b"<w:p><w:t>words </w:t></w:p>".repeat(40_000).as_slice(), 100)])),
        ("odt", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text", 1), ("content.xml", &spaces, 600)])),
        ("xlsx", zip(&[("xl/workbook.xml", b"<workbook/>", 1), ("xl/sharedStrings.xml", &spaces, 600)])),
    ];
    for (extension, bomb) in bombs {
        let outcome = run(inspect(extension), &bomb).await;
        match &outcome {
            // The second one is full of words: the first mebibyte of them is taken, and no more is unpacked.
            Ok(report) => assert!(report.text.as_ref().unwrap().truncated),
            Err(_) => assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_million_entries_are_refused_before_they_are_listed() {
    let mut end = b"PK\x03\x04".to_vec();
    // ZIP64: a million entries announced, in a directory of nothing.
    let directory = vec![0; 1_000_000];
    end.extend(&directory);
    end.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
    end.extend(1_000_000_u64.to_le_bytes());
    end.extend(1_000_000_u64.to_le_bytes());
    end.extend(1_000_000_u64.to_le_bytes());
    end.extend(4_u64.to_le_bytes());
    end.extend(b"PK\x06\x07\0\0\0\0");
    end.extend((4 + 1_000_000_u64).to_le_bytes());
    end.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    let outcome = run(inspect("zip"), &end).await;
    assert_eq!(kind(&outcome), Some(RefusalKind::TooLarge), "{outcome:?}");
}

#[tokio::test]
async fn entities_that_multiply_are_refused() {
    let mut laughs = "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>".to_owned();
    for level in 1..10 {
        let inner = if level == 1 { "lol".to_owned() } else { format!("lol{}", level - 1) };
        let ten = format!("&{inner};").repeat(10);
        write!(laughs, "<!ENTITY lol{level} '{ten}'>").unwrap();
    }
    laughs += "]><w:document><w:p><w:t>&lol9;</w:t></w:p></w:document>";
    let outcome = run(inspect("docx"), &zip(&[("word/document.xml", laughs.as_bytes(), 1)])).await;
    assert_eq!(kind(&outcome), Some(RefusalKind::Malformed), "{outcome:?}");

    let svg = laughs.replace(
        "<w:document><w:p><w:t>&lol9;</w:t></w:p></w:document>",
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&lol9;</text></svg>",
    );
    for outcome in both("svg", svg.as_bytes()).await {
        assert!(outcome.is_err(), "{outcome:?}");
    }
}

#[tokio::test]
async fn xml_nested_without_end_is_refused() {
    let deep = format!("<w:document>{}", "<w:p>".repeat(1_000_000));
    let outcome = run(inspect("docx"), &zip(&[("word/document.xml", deep.as_bytes(), 1)])).await;
    assert_eq!(kind(&outcome), Some(RefusalKind::Malformed), "{outcome:?}");
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{}", "<g>".repeat(500_000));
    for outcome in both("svg", svg.as_bytes()).await {
        assert!(outcome.is_err(), "{outcome:?}");
    }
}

/// A PDF of these objects, the first of them the catalog.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let start = file.len();
    file.extend(
        format!("{table}trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes(),
    );
    file
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<<{dictionary}/Length {}>>\nstream\n{content}\nendstream", content.len())
}

fn page_with(resources: &str, content: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<{resources}>>>>"),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

#[tokio::test]
async fn documents_that_loop_or_nest_end_in_time() {
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</F 5 0 R/G 6 0 R>>>>";
    let calls = "/F Do /F Do /F Do /F Do /G Do /G Do ";
    let hostile = [
        ("itself", page_with("/XObject<</F 5 0 R>>", "/F Do", &[stream(form, "/F Do")])),
        ("each other", page_with("/XObject<</F 5 0 R/G 6 0 R>>", calls, &[stream(form, calls), stream(form, calls)])),
        ("nested arrays", page_with(&format!("/X {}", "[".repeat(100_000)), "", &[])),
        ("nested dictionaries", page_with(&format!("/X {}", "<</X".repeat(100_000)), "", &[])),
        ("nested operands", page_with("", &format!("{} BT", "[".repeat(200_000)), &[])),
        ("saved states", page_with("", &"q ".repeat(500_000), &[])),
        (
            "pages of themselves",
            pdf(&["<</Type/Catalog/Pages 2 0 R>>".into(), "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>".into()]),
        ),
        (
            "a length that is its own stream",
            pdf(&["<</Type/Catalog/Pages 2 0 R>>".into(), "<</Length 2 0 R>>\nstream\nx\nendstream".into()]),
        ),
    ];
    for (name, bytes) in hostile {
        for outcome in both("pdf", &bytes).await {
            match outcome {
                Ok(_)
                | Err(SandboxError::Refused(_) | SandboxError::TimedOut { .. } | SandboxError::OutOfMemory { .. }) => {}
                // A stack that ran over is the child's end and nobody else's.
                Err(SandboxError::Killed(6 | 11)) => println!("{name}: the stack ran over"),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn work_without_end_is_stopped_by_the_processor_time() {
    // Forms that call forms: 10^12 calls.
    let mut more = Vec::new();
    for level in 5..17 {
        let next = level + 1;
        let resources = format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F {next} 0 R>>>>");
        more.push(stream(&resources, &"/F Do ".repeat(10)));
    }
    more.push(stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f"));
    let bytes = page_with("/XObject<</F 5 0 R>>", "/F Do", &more);
    let sandbox = sandbox_with(Limits { cpu_seconds: 2, ..Limits::default() });
    let begin = Instant::now();
    let outcome = run_in(&sandbox, thumbnails("pdf"), &bytes).await;
    assert!(begin.elapsed() < Duration::from_secs(20));
    if let Err(error) = outcome {
        assert!(matches!(error, SandboxError::TimedOut { seconds: 2 } | SandboxError::OutOfMemory { .. }), "{error}");
    }
}

#[tokio::test]
async fn memory_that_is_not_granted_ends_the_child_by_that_name() {
    let sandbox = sandbox_with(Limits { memory: 96 << 20, ..Limits::default() });
    let error = run_in(&sandbox, thumbnails("png"), &png(7_000, 7_000)).await.unwrap_err();
    assert!(matches!(error, SandboxError::OutOfMemory { megabytes: 96 }), "{error}");
}

#[tokio::test]
async fn every_format_cut_off_anywhere_is_read_or_refused_and_never_crashes() {
    let names = [
        "photo.jpg",
        "progressive.jpg",
        "picture.png",
        "deep.png",
        "picture.webp",
        "picture.bmp",
        "picture.gif",
        "picture.tiff",
        "picture.ico",
        "animated.gif",
        "letter.pdf",
        "letter.docx",
        "letter.odt",
        "letter.rtf",
        "letter.epub",
        "table.xlsx",
        "table.ods",
        "slides.pptx",
        "slides.odp",
        "tone.mp3",
        "tone.flac",
        "tone.ogg",
        "tone.m4a",
        "tone.wav",
        "tone.opus",
    ];
    for name in names {
        let bytes = bytes(name);
        let extension = name.rsplit('.').next().unwrap();
        for part in 0..10 {
            // Not only at even places: most headers end soon.
            let end = if part < 5 { part * 37 } else { bytes.len() * (part - 4) / 6 }.min(bytes.len());
            for task in [inspect(extension), thumbnails(extension)] {
                match run(task, &bytes[..end]).await {
                    Ok(_) | Err(SandboxError::Refused(_)) => {}
                    Err(error) => panic!("{name} cut off at {end}: {error}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn bytes_changed_at_random_never_break_the_protocol() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let names = [
        "progressive.jpg",
        "deep.png",
        "animated.gif",
        "letter.pdf",
        "letter.docx",
        "letter.rtf",
        "tone.m4a",
        "tone.flac",
    ];
    for name in names {
        let original = bytes(name);
        for _ in 0..12 {
            let mut changed = original.clone();
            for _ in 0..20 {
                let at = usize::try_from(random() % original.len() as u64).unwrap();
                changed[at] = u8::try_from(random() % 256).unwrap();
            }
            let extension = name.rsplit('.').next().unwrap();
            for task in [inspect(extension), thumbnails(extension)] {
                match run(task, &changed).await {
                    Err(SandboxError::Protocol | SandboxError::Start(_) | SandboxError::Input(_)) => panic!("{name}"),
                    Err(SandboxError::Crashed(words)) => println!("{name}: {words}"),
                    _ => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn an_empty_file_has_nothing_to_say() {
    let task = Task::Inspect { media_type: "image/png".into(), extension: "png".into(), want_text: true };
    let report = run(task, b"").await.unwrap();
    assert_eq!(report.facts, fardel_media::Facts::default());
}
