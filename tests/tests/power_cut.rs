//! The power fails: what was acknowledged is there afterwards, whole.
//!
//! `kill -9` proves nothing about durability, since the kernel keeps what it was given. Here the data
//! lies on a file system in a file; the server is frozen, the file is copied as the disk would be
//! found after the cut, and the server starts on the copy.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use fardel_tests::{Parts, Server, announcement, eventually, hex_digest, parts};
use futures_util::future::join_all;

const CUTS: usize = 3;
const WRITERS: usize = 8;
/// So many files are acknowledged before each cut.
const BEFORE_A_CUT: usize = 60;

/// A file that was confirmed: its id and the digest of its bytes.
type Acknowledged = Arc<Mutex<Vec<(String, String)>>>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_power_cut() {
    if parts() != Parts::Embedded {
        return;
    }
    let disks = tempfile::tempdir().unwrap();
    let mut disk = disks.path().join("disk-0.img");
    run("truncate", &["-s", "256M", text(&disk)]);
    run("mkfs.ext4", &["-q", text(&disk)]);
    let mut server = Server::start();
    server.kill();
    let data = server.data();
    let mounted = Mounted::new(&disk, &data);
    server.launch();
    let mut person = server.administrator().await;

    let acknowledged = Acknowledged::default();
    let mut mounted = mounted;
    for cut in 1..=CUTS {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (person, acknowledged) = (person.reconnected(), acknowledged.clone());
                tokio::spawn(async move {
                    for n in 0.. {
                        let bytes = format!("cut {cut} writer {writer} file {n}").repeat(1 + n * 37 % 500).into_bytes();
                        let presigned = person
                            .post("/files/presigned-url", &announcement(&format!("{cut} {writer} {n}"), &bytes))
                            .await;
                        let presigned = presigned.expect(201);
                        person.send_single(&presigned, &bytes).await;
                        let file = person.confirm(&presigned["fileId"]).await;
                        let id = file["id"].as_str().unwrap().to_owned();
                        acknowledged.lock().unwrap().push((id, hex_digest(&bytes)));
                    }
                })
            })
            .collect();
        let enough = cut * BEFORE_A_CUT;
        eventually("files are acknowledged", || async { (acknowledged.lock().unwrap().len() >= enough).then_some(()) })
            .await;
        run("kill", &["-STOP", &server.process_id().to_string()]);
        let promised = acknowledged.lock().unwrap().clone();
        let found = disks.path().join(format!("disk-{cut}.img"));
        run("cp", &["--sparse=always", text(&disk), text(&found)]);
        server.kill();
        for writer in writers {
            writer.abort();
        }
        drop(mounted);
        mounted = Mounted::new(&found, &data);
        disk = found;
        server.launch();
        person = person.reconnected();
        for some in promised.chunks(32) {
            join_all(some.iter().map(async |(id, digest)| {
                let file = person.download(id).await;
                assert_eq!(file.status, 200, "{id} is gone after cut {cut}");
                assert_eq!(&hex_digest(&file.body), digest, "{id} has other bytes after cut {cut}");
            }))
            .await;
        }
        *acknowledged.lock().unwrap() = promised;
    }
    server.kill();
    drop(mounted);
}

/// A file system in a file, in use until it is dropped.
struct Mounted(String);

impl Mounted {
    fn new(image: &Path, at: &Path) -> Self {
        std::fs::create_dir_all(at).expect("a folder to mount on");
        let status = Command::new("mount").args(["-o", "loop", text(image), text(at)]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "a power cut is played on a loop-mounted disk, which needs root; run `make test` as root"
        );
        Self(text(at).to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?} failed");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}
