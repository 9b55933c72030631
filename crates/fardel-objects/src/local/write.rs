//! Writing an object: into a temporary file, then under its key in one step.

use std::{os::fd::OwnedFd, sync::Arc};

use aws_lc_rs::digest;
use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{ObjectKey, ObjectMeta, StoreError},
    part_plan::PartPlan,
    time::Timestamp,
};
use rustix::fs;

use super::{
    disk::{self, store_error},
    layout::Layout,
    record::{Record, TRAILER_LEN},
};

/// After this many bytes the disk is told to begin writing.
const WRITE_BACK_EVERY: u64 = 8 << 20;
/// Smaller objects do not reserve their space: their first write shows a full disk as well.
const RESERVE_FROM: u64 = 1 << 20;
/// What one step of a copy inside the store moves.
const COPY_STEP: usize = 8 << 20;

/// A file without a key, removed unless it is published.
#[derive(Debug)]
struct TempFile {
    layout: Arc<Layout>,
    name: String,
    file: OwnedFd,
    published: bool,
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.published {
            let _ = disk::remove(self.layout.temp(), &self.name);
        }
    }
}

/// An object on its way in. Dropping it before [`ObjectWriter::finish`] leaves nothing behind.
/// Every method blocks on the disk.
#[derive(Debug)]
pub(super) struct ObjectWriter {
    temp: TempFile,
    stream: HashedStream,
}

impl ObjectWriter {
    /// Begins an object of exactly `size` bytes under `key`, which must be free.
    pub fn begin(layout: &Arc<Layout>, key: &ObjectKey, size: u64) -> Result<Self, StoreError> {
        let failed = store_error("beginning an object");
        let (dir, name) = layout.place(key)?;
        if disk::exists(&dir, &name).map_err(&failed)? {
            return Err(StoreError::AlreadyExists);
        }
        let name = super::random_name();
        let file = disk::create_file(layout.temp(), &name).map_err(never_missing(&failed))?;
        let temp = TempFile { layout: Arc::clone(layout), name, file, published: false };
        if size >= RESERVE_FROM {
            disk::reserve(&temp.file, 0, size.saturating_add(TRAILER_LEN)).map_err(&failed)?;
        }
        Ok(Self { temp, stream: HashedStream::new(0, size) })
    }

    /// The same for a body of the server's own: its identity is that of the plan for its size, so
    /// that equal contents have equal checksums whichever way they came.
    pub fn begin_planned(layout: &Arc<Layout>, key: &ObjectKey, size: u64) -> Result<Self, StoreError> {
        let writer = Self::begin(layout, key, size)?;
        let plan = PartPlan::for_size(size);
        let stream = if plan.is_multipart() { writer.stream.in_parts(plan.part_size()) } else { writer.stream };
        Ok(Self { stream, ..writer })
    }

    /// Writes the next bytes; [`StoreError::Mismatch`] beyond the declared size.
    pub fn write(&mut self, batch: &[Bytes]) -> Result<(), StoreError> {
        let syncs = self.temp.layout.syncs();
        self.stream.write(&self.temp.file, batch, syncs)
    }

    /// Makes the object: checks size and digest, syncs the bytes, takes the key, syncs the folder.
    pub fn finish(self, key: &ObjectKey, expected: Option<Sha256>, now: Timestamp) -> Result<ObjectMeta, StoreError> {
        let (size, part_size) = (self.stream.size, self.stream.parts.as_ref().map(|parts| parts.size));
        let digest = self.stream.finish()?;
        if expected.is_some_and(|expected| expected != digest) {
            return Err(StoreError::Mismatch);
        }
        publish_temp(self.temp, key, Record { size, part_size, made_at: now, digest })
    }
}

/// Copies an object to a new key, by reference where the file system can.
pub(super) fn copy(
    layout: &Arc<Layout>,
    from: &ObjectKey,
    to: &ObjectKey,
    now: Timestamp,
) -> Result<ObjectMeta, StoreError> {
    let failed = store_error("copying an object");
    let source = super::read::open(layout, from)?.ok_or(StoreError::NotFound)?;
    let writer = ObjectWriter::begin(layout, to, source.record.size)?;
    let size = source.record.size;
    let mut position = 0;
    while position < size {
        let step = usize::try_from(size - position).unwrap_or(COPY_STEP).min(COPY_STEP);
        let (mut read_at, mut write_at) = (position, position);
        let copied =
            fs::copy_file_range(&source.file, Some(&mut read_at), &writer.temp.file, Some(&mut write_at), step);
        position += match copied {
            Ok(0) => {
                return Err(StoreError::Unavailable("copying an object: its file is shorter than it says".to_owned()));
            }
            Ok(copied) => copied as u64,
            Err(_) => {
                let bytes = Bytes::from(disk::read_at(&source.file, step, position).map_err(&failed)?);
                disk::write_all(&writer.temp.file, &[bytes], position).map_err(&failed)?;
                step as u64
            }
        };
    }
    publish_temp(writer.temp, to, Record { made_at: now, ..source.record })
}

fn publish_temp(mut temp: TempFile, key: &ObjectKey, record: Record) -> Result<ObjectMeta, StoreError> {
    let layout = Arc::clone(&temp.layout);
    publish(&layout, layout.temp(), &temp.name, &temp.file, key, record)?;
    temp.published = true;
    Ok(record.meta())
}

/// Gives `file`, which holds all bytes and lies at `name` in `dir`, its trailer and its key. What
/// fails is undone: a caller that was not answered with success may find nothing under the key.
pub(super) fn publish(
    layout: &Layout,
    dir: &OwnedFd,
    name: &str,
    file: &OwnedFd,
    key: &ObjectKey,
    record: Record,
) -> Result<(), StoreError> {
    let failed = store_error("finishing an object");
    let trailer = Bytes::copy_from_slice(&record.encode());
    disk::write_all(file, &[trailer], record.size).map_err(&failed)?;
    layout.sync_data(file).map_err(&failed)?;
    let (target, target_name) = layout.place(key)?;
    disk::rename_new(dir, name, &target, &target_name).map_err(&failed)?;
    layout.sync_dir(&target).map_err(|errno| {
        let _ = disk::remove(&target, &target_name);
        failed(errno)
    })
}

/// A folder of ours that is gone is a fault of the disk, not a missing object.
fn never_missing(failed: &impl Fn(rustix::io::Errno) -> StoreError) -> impl Fn(rustix::io::Errno) -> StoreError {
    move |errno| match failed(errno) {
        StoreError::NotFound | StoreError::AlreadyExists => {
            StoreError::Unavailable(format!("the folder of temporary files: {errno}"))
        }
        other => other,
    }
}

/// Bytes that go to consecutive places of a file and are hashed on the way.
pub(super) struct HashedStream {
    context: digest::Context,
    /// Where in the file the stream begins.
    offset: u64,
    size: u64,
    written: u64,
    written_back: u64,
    /// Set when the digest is that over the parts' digests.
    parts: Option<Parts>,
}

/// The digests of the parts so far, one after another.
struct Parts {
    size: u64,
    left_in_part: u64,
    digests: Vec<u8>,
}

impl std::fmt::Debug for HashedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HashedStream({} of {} bytes)", self.written, self.size)
    }
}

impl HashedStream {
    pub fn new(offset: u64, size: u64) -> Self {
        Self { context: digest::Context::new(&digest::SHA256), offset, size, written: 0, written_back: 0, parts: None }
    }

    fn in_parts(self, size: u64) -> Self {
        Self { parts: Some(Parts { size, left_in_part: size, digests: Vec::new() }), ..self }
    }

    pub fn write(&mut self, file: &OwnedFd, batch: &[Bytes], write_back: bool) -> Result<(), StoreError> {
        let at = self.offset + self.written;
        self.hash(batch)?;
        disk::write_all(file, batch, at).map_err(store_error("writing bytes"))?;
        if write_back && self.written - self.written_back >= WRITE_BACK_EVERY {
            disk::start_write_back(file, self.offset + self.written_back, self.written - self.written_back);
            self.written_back = self.written;
        }
        Ok(())
    }

    /// Counts and hashes bytes without storing them.
    pub fn hash(&mut self, batch: &[Bytes]) -> Result<(), StoreError> {
        let added: u64 = batch.iter().map(|bytes| bytes.len() as u64).sum();
        if added > self.size - self.written {
            return Err(StoreError::Mismatch);
        }
        for bytes in batch {
            self.update(bytes);
        }
        self.written += added;
        Ok(())
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while let Some(parts) = &mut self.parts {
            let Some((in_part, next)) =
                usize::try_from(parts.left_in_part).ok().and_then(|left| bytes.split_at_checked(left))
            else {
                parts.left_in_part -= bytes.len() as u64;
                break;
            };
            self.context.update(in_part);
            let ended = std::mem::replace(&mut self.context, digest::Context::new(&digest::SHA256));
            parts.digests.extend_from_slice(ended.finish().as_ref());
            parts.left_in_part = parts.size;
            bytes = next;
        }
        self.context.update(bytes);
    }

    /// The digest of all bytes; [`StoreError::Mismatch`] when some are missing.
    pub fn finish(self) -> Result<Sha256, StoreError> {
        if self.written != self.size {
            return Err(StoreError::Mismatch);
        }
        let last: [u8; 32] = self.context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        let Some(mut parts) = self.parts else { return Ok(Sha256::from(last)) };
        if parts.left_in_part < parts.size {
            parts.digests.extend_from_slice(&last);
        }
        Ok(Sha256::of(&parts.digests))
    }
}
