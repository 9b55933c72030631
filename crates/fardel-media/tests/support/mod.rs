//! Real files, made once by `ffmpeg`, `convert` and `soffice` and kept in the target directory.
#![allow(dead_code, reason = "each suite uses its part")]
#![allow(clippy::unwrap_used, reason = "part of the tests")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use fardel_media::{Format, Limits, Report, Sandbox, SandboxError, Task};

pub fn sandbox() -> Sandbox {
    sandbox_with(Limits::default())
}

pub fn sandbox_with(limits: Limits) -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_media-child").into(), limits)
}

pub fn inspect(extension: &str) -> Task {
    Task::Inspect { media_type: String::new(), extension: extension.to_owned(), want_text: true }
}

pub fn thumbnails(extension: &str) -> Task {
    let sizes = vec![64, 256, 512, 1600];
    Task::Thumbnails { media_type: String::new(), extension: extension.to_owned(), sizes, format: Format::WebP }
}

/// Runs a task on bytes.
pub async fn run(task: Task, bytes: &[u8]) -> Result<Report, SandboxError> {
    run_in(&sandbox(), task, bytes).await
}

pub async fn run_in(sandbox: &Sandbox, task: Task, bytes: &[u8]) -> Result<Report, SandboxError> {
    let file = fardel_media::spool(bytes, u64::MAX - 1, &std::env::temp_dir()).await.unwrap();
    sandbox.run(task, file).await
}

pub async fn run_file(task: Task, path: &Path) -> Result<Report, SandboxError> {
    sandbox().run(task, File::open(path).unwrap()).await
}

/// A file of the test set by its name, made if it is not there yet.
pub fn sample(name: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    if !path.exists() {
        make(name, &folder);
        assert!(path.exists(), "{name} was not made");
    }
    path
}

pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(sample(name)).unwrap()
}

fn make(name: &str, folder: &Path) {
    let path = folder.join(name);
    let out = path.to_str().unwrap();
    let video = ["-f", "lavfi", "-i", "testsrc=size=640x360:rate=25:duration=3"];
    let sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=3"];
    let tags = ["-metadata", "title=A tone", "-metadata", "artist=The Oscillator", "-metadata", "album=Waves"];
    let ffmpeg = |arguments: &[&[&str]]| {
        let all: Vec<&str> = arguments.iter().flat_map(|part| part.iter().copied()).collect();
        tool("/usr/bin/ffmpeg", &[&["-v", "error", "-y"], &all[..], &[out]].concat(), folder);
    };
    let convert = |arguments: &[&str]| tool("/usr/bin/convert", &[arguments, &[out]].concat(), folder);
    match name {
        "photo.jpg" => convert(&["-seed", "7", "-size", "4000x3000", "plasma:red-blue", "-quality", "88"]),
        "progressive.jpg" => convert(&["-size", "1200x800", "plasma:", "-interlace", "JPEG"]),
        "grey.jpg" => convert(&["-size", "800x600", "gradient:", "-colorspace", "Gray"]),
        "inks.jpg" => convert(&["-size", "400x300", "xc:red", "-colorspace", "CMYK"]),
        "picture.png" => convert(&["-size", "900x600", "plasma:", "-alpha", "set", "-channel", "A", "-fx", "i/w"]),
        "deep.png" => convert(&["-size", "300x200", "gradient:", "-depth", "16"]),
        "picture.webp" | "picture.bmp" | "picture.gif" | "picture.tiff" => convert(&["-size", "900x600", "plasma:"]),
        "picture.ico" => convert(&["-size", "64x64", "plasma:"]),
        "animated.gif" => convert(&["-size", "120x80", "xc:red", "xc:green", "xc:blue", "-set", "delay", "10"]),
        "clip.mp4" | "clip.mkv" | "clip.mov" => ffmpeg(&[&video, &sound, &tags, &["-pix_fmt", "yuv420p", "-shortest"]]),
        "clip.webm" => ffmpeg(&[&video, &["-c:v", "libvpx", "-b:v", "500k"]]),
        "picture.avif" => {
            ffmpeg(&[&video, &["-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1", "-pix_fmt", "yuv420p"]]);
        }
        "tone.mp3" => {
            let cover = sample_unlocked("picture.bmp", folder);
            let cover = ["-i", &cover, "-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-disposition:v", "attached_pic"];
            ffmpeg(&[&sound, &cover, &tags]);
        }
        "tone.flac" | "tone.ogg" | "tone.m4a" | "tone.wav" | "tone.opus" => ffmpeg(&[&sound, &tags]),
        "letter.odt" | "letter.docx" | "letter.pdf" | "letter.rtf" | "letter.epub" => {
            std::fs::write(folder.join("letter.html"), LETTER).unwrap();
            office(name, &["--infilter=HTML (StarWriter)"], "letter.html", folder);
        }
        "table.xlsx" | "table.ods" => {
            std::fs::write(folder.join("table.csv"), "Fruit,Count\nApple,12\nBläckberry,7\n").unwrap();
            office(name, &["--infilter=CSV:44,34,76,1"], "table.csv", folder);
        }
        "slides.odp" | "slides.pptx" => {
            std::fs::write(folder.join("slides.fodp"), SLIDES).unwrap();
            office(name, &[], "slides.fodp", folder);
        }
        _ => panic!("no recipe for {name}"),
    }
}

fn sample_unlocked(name: &str, folder: &Path) -> String {
    if !folder.join(name).exists() {
        make(name, folder);
    }
    folder.join(name).to_str().unwrap().to_owned()
}

fn office(name: &str, filter: &[&str], source: &str, folder: &Path) {
    let profile = format!("-env:UserInstallation=file://{}", folder.join("office-profile").display());
    let extension = name.rsplit('.').next().unwrap();
    let mut arguments = vec![profile.as_str(), "--headless"];
    arguments.extend(filter);
    arguments.extend(["--convert-to", extension, source]);
    tool("/usr/bin/soffice", &arguments, folder);
}

fn tool(program: &str, arguments: &[&str], folder: &Path) {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; apt-get install ffmpeg imagemagick libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui")
    });
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const LETTER: &str = "<html><head><meta charset=utf-8><title>A letter</title><meta name=author content='Ada'></head>\
    <body><h1>Quarterly report</h1><p>Grüße aus Zürich: the harvest was good.</p>\
    <p>Second paragraph with <b>bold words</b>.</p></body></html>";

const SLIDES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>
<draw:page draw:name="one"><draw:frame svg:width="20cm" svg:height="3cm" svg:x="1cm" svg:y="1cm"><draw:text-box><text:p>First slide title</text:p></draw:text-box></draw:frame></draw:page>
<draw:page draw:name="two"><draw:frame svg:width="20cm" svg:height="3cm" svg:x="1cm" svg:y="1cm"><draw:text-box><text:p>Second slide words</text:p></draw:text-box></draw:frame></draw:page>
</office:presentation></office:body></office:document>"#;
