//! Full disks, restarts and large contents at the embedded store.
#![expect(clippy::unwrap_used, reason = "in a test what fails ends it")]

mod local_server;

use std::{path::Path, process::Command, time::Duration};

use bytes::Bytes;
use fardel_conformance::object_store::{Suite, bytes};
use fardel_domain::{
    checksum::Sha256,
    object_store::{BodyBinding, CompletedPart, ObjectKey, ObjectStore, StoreError},
    part_plan::PartPlan,
    time::Clock,
};
use fardel_objects::local::{BodyLimits, Durability, LocalStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use local_server::{LocalServer, secret};

const HOUR: Duration = Duration::from_hours(1);

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

fn binding(content: &[u8]) -> BodyBinding {
    BodyBinding { size: content.len() as u64, sha256: Sha256::of(content) }
}

/// A file system of its own, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "this test mounts a small tmpfs and needs root");
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if !matches!(path.file_name().and_then(|name| name.to_str()), Some("lock" | ".lock")) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let disk = SmallDisk::mount("8m");
    let folder = tempfile::tempdir_in(disk.0.path()).unwrap();
    let server = LocalServer::start_in(folder, BodyLimits::default()).await;
    let suite = Suite::new(server.store.clone(), "full");
    let put = async |name: &str, content: &Bytes| {
        let request = server.store.presign_put(&key(name), binding(content), HOUR).await.unwrap();
        suite.send(&request, content.clone()).await
    };
    let small = bytes(1, 900_000);
    for index in 0..7 {
        assert_eq!(put(&format!("fits{index}"), &small).await.unwrap().status, 200);
    }
    // Larger and smaller than what is reserved ahead, by HTTP, by the port, in parts and by copy.
    for (name, content) in [("large", bytes(2, 3_000_000)), ("last", small.clone()), ("two", bytes(3, 1_000_000))] {
        // The answer may be lost when the refusal comes before the body has been sent.
        if let Some(answer) = put(name, &content).await {
            if answer.status == 200 {
                continue;
            }
            assert_eq!(answer.status, 507, "{answer:?}");
            assert!(String::from_utf8_lossy(&answer.body).contains("<Code>InsufficientStorage</Code>"));
        }
        suite.assert_absent(&key(name), "after a full disk").await;
        let body = stream::iter(content.chunks(65_536).map(Bytes::copy_from_slice).map(Ok).collect::<Vec<_>>()).boxed();
        let answer = server.store.put(&key(name), content.len() as u64, body).await;
        assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
    }
    let plan = PartPlan::for_size(200_000_000);
    let begun = server.store.create_multipart(&key("parts"), &plan).await;
    assert!(matches!(begun, Err(StoreError::Full)), "{begun:?}");
    while server.store.copy(&key("fits0"), &key("copy")).await.is_ok() {
        server.store.copy(&key("copy"), &key("copy2")).await.ok();
    }
    let files = files_below(&server.root());
    assert!(files.iter().all(|file| file.contains("/objects/")), "{files:?}");
    let listed = server.store.list("", None, 100).await.unwrap().objects;
    assert_eq!(listed.len(), files.len());
    for (key, _) in &listed {
        let content = suite.content(key).await;
        let meta = server.store.head(key).await.unwrap().unwrap();
        assert_eq!(meta.checksum, Some(Sha256::of(&content)), "{key}");
    }
    // Reads and deletes work, and so do writes once there is room.
    for (key, _) in &listed {
        server.store.delete(key).await.unwrap();
    }
    assert_eq!(put("again", &small).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_in_parts_goes_on_after_a_restart() {
    let server = LocalServer::start().await;
    let content = bytes(4, 100_000_001);
    let plan = PartPlan::for_size(content.len() as u64);
    let part = |number| {
        let start = usize::try_from(plan.offset(number)).unwrap();
        content.slice(start..start + usize::try_from(plan.length(number).unwrap()).unwrap())
    };
    let numbers: Vec<_> = plan.numbers().collect();
    let name = key("c/restart");
    let upload = server.store.create_multipart(&name, &plan).await.unwrap();
    let send = async |store: &LocalStore, suite: &Suite, number| {
        let bytes = part(number);
        let request = store.presign_part(&name, &upload, number, binding(&bytes), HOUR).await.unwrap();
        let etag = suite.must_send(&request, bytes.clone()).await;
        CompletedPart { number, etag, sha256: Sha256::of(&bytes) }
    };
    let suite = Suite::new(server.store.clone(), "x");
    let mut parts = Vec::new();
    for &number in &numbers[..3] {
        parts.push(send(&server.store, &suite, number).await);
    }
    // The same folder, opened again by another process's store.
    let reopened =
        LocalStore::open(server.root(), server.base.clone(), secret(), Clock::system(), Durability::Full).unwrap();
    let held = reopened.list_parts(&name, &upload).await.unwrap();
    assert_eq!(held.iter().map(|part| part.number).collect::<Vec<_>>(), numbers[..3]);
    for &number in &numbers[3..] {
        parts.push(send(&server.store, &suite, number).await);
    }
    let began = std::time::Instant::now();
    let meta = server.store.complete_multipart(&name, &upload, &parts).await.unwrap();
    println!("complete of 100 MB: {:?}", began.elapsed());
    drop(reopened);
    let reopened =
        LocalStore::open(server.root(), server.base.clone(), secret(), Clock::system(), Durability::Full).unwrap();
    assert_eq!(reopened.complete_multipart(&name, &upload, &parts).await.unwrap(), meta);
    let mut body = reopened.get(&name, None).await.unwrap().body;
    let mut at = 0;
    while let Some(chunk) = body.try_next().await.unwrap() {
        assert!(chunk == content.slice(at..at + chunk.len()));
        at += chunk.len();
    }
    assert_eq!(at, content.len());
}
