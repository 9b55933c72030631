//! Videos by the system's ffmpeg, inside walls.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs::File;

use fardel_media::video::{self, Tools};
use fardel_media::{Part, SandboxError};
use support::{run, sample, sandbox, thumbnails};

fn tools() -> Tools {
    Tools::find("/usr/bin".as_ref()).expect("apt-get install ffmpeg")
}

#[tokio::test]
async fn a_video_tells_size_duration_and_codec_and_has_a_poster() {
    for (name, codec) in [("clip.mp4", "h264"), ("clip.mkv", "h264"), ("clip.mov", "h264"), ("clip.webm", "vp8")] {
        let open = || File::open(sample(name)).unwrap();
        let facts = video::probe(&sandbox(), &tools(), open()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((facts.width, facts.height), (Some(640), Some(360)), "{name}");
        assert!((2900..3200).contains(&facts.duration_ms.unwrap()), "{name}: {:?}", facts.duration_ms);
        assert_eq!(facts.codec.as_deref(), Some(codec), "{name}");
        if name != "clip.webm" {
            assert_eq!(facts.title.as_deref(), Some("A tone"), "{name}");
        }
        let poster = video::poster(&sandbox(), &tools(), open(), facts.duration_ms, 1600).await.unwrap();
        let report = run(thumbnails("jpg"), &poster).await.unwrap();
        assert_eq!((report.facts.width, report.facts.height), (Some(640), Some(360)), "{name}");
    }
}

#[tokio::test]
async fn a_picture_in_avif_is_decoded_like_a_video_of_one_frame() {
    let report = support::run_file(thumbnails("avif"), &sample("picture.avif")).await.unwrap();
    assert_eq!(report.facts.media_type.as_deref(), Some("image/avif"));
    assert_eq!(report.skipped[0].part, Part::Thumbnail);
    let open = || File::open(sample("picture.avif")).unwrap();
    let facts = video::probe(&sandbox(), &tools(), open()).await.unwrap();
    assert_eq!((facts.width, facts.height), (Some(640), Some(360)));
    let poster = video::poster(&sandbox(), &tools(), open(), None, 1600).await.unwrap();
    assert_eq!(run(thumbnails("jpg"), &poster).await.unwrap().renditions.len(), 4);
}

#[tokio::test]
async fn a_video_without_a_name_is_read_too() {
    let bytes = support::bytes("clip.mp4");
    let file = fardel_media::spool(&bytes[..], u64::MAX - 1, &std::env::temp_dir()).await.unwrap();
    assert!(video::probe(&sandbox(), &tools(), file).await.is_ok());
}

#[tokio::test]
async fn a_duration_that_lies_still_gives_a_poster() {
    let file = File::open(sample("clip.mp4")).unwrap();
    assert!(video::poster(&sandbox(), &tools(), file, Some(90_000_000), 512).await.is_ok());
}

#[tokio::test]
async fn playlists_that_name_files_or_addresses_are_not_followed() {
    let playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXTINF:10,\nhttp://127.0.0.1:9/x\n#EXT-X-ENDLIST\n";
    let concat = b"ffconcat version 1.0\nfile /etc/passwd\n";
    for hostile in [&playlist[..], concat] {
        let file = fardel_media::spool(hostile, 10_000, &std::env::temp_dir()).await.unwrap();
        let error = video::probe(&sandbox(), &tools(), file).await.unwrap_err();
        assert!(matches!(error, SandboxError::Crashed(_) | SandboxError::Refused(_)), "{error}");
    }
}

#[tokio::test]
async fn a_cut_off_video_is_an_error_and_no_more() {
    for name in ["clip.mp4", "clip.mkv", "clip.webm"] {
        let bytes = support::bytes(name);
        for part in 0..10 {
            let cut = &bytes[..bytes.len() * part / 10];
            let spool = || fardel_media::spool(cut, u64::MAX - 1, std::path::Path::new("/tmp"));
            let _ = video::probe(&sandbox(), &tools(), spool().await.unwrap()).await;
            match video::poster(&sandbox(), &tools(), spool().await.unwrap(), None, 512).await {
                Ok(_) | Err(SandboxError::Crashed(_) | SandboxError::Refused(_)) => {}
                Err(error) => panic!("{name} at {part}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn without_ffmpeg_the_parts_are_skipped() {
    assert!(Tools::find("/nonexistent:relative".as_ref()).is_none());
    let report = support::run_file(thumbnails("mp4"), &sample("clip.mp4")).await.unwrap();
    assert_eq!(report.skipped[0].part, Part::Thumbnail);
}

#[tokio::test]
async fn the_cage_of_the_tools_holds() {
    // A program that is none of ours: the shell, told to do what a taken over ffmpeg would.
    for attempt in [
        "exec 3</etc/passwd",
        "exec 3</etc/shadow",
        "exec /usr/bin/id",
        "(exit 0)",
        "echo x > /tmp/fardel-escape",
        "exec 3<>/dev/tcp/127.0.0.1/9",
    ] {
        let input = File::open("/dev/null").unwrap();
        let outcome = sandbox().tool_for_tests("/usr/bin/bash", &["-c", attempt], input).await;
        assert!(outcome.is_err(), "{attempt}: {outcome:?}");
    }
    let input = File::open("/dev/null").unwrap();
    let outcome = sandbox().tool_for_tests("/usr/bin/bash", &["-c", "echo lives"], input).await.unwrap();
    assert_eq!(outcome.stdout, b"lives\n");
}
