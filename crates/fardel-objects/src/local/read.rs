//! Reading objects: their facts, and their bytes in bounded memory.

use std::{io::IoSliceMut, ops::Range, os::fd::OwnedFd, sync::Arc};

use bytes::Bytes;
use fardel_domain::object_store::{ObjectKey, ObjectRead, StoreError};
use futures_util::{StreamExt, stream};
use rustix::{
    fs,
    io::{Errno, ReadWriteFlags},
};

use super::{
    disk::{self, store_error},
    layout::Layout,
    record::{Record, TRAILER_LEN},
};

/// What one read of the disk brings. Smaller chunks cost CPU for each (4 KiB: twenty times as much),
/// larger ones only memory.
const CHUNK: u64 = 256 << 10;
/// Objects and ranges up to this size are read in the step that opens them.
pub(super) const WHOLE_MAX: u64 = 64 << 10;

/// An object's file, open, with its trailer read.
#[derive(Debug)]
pub(super) struct OpenObject {
    pub file: OwnedFd,
    pub record: Record,
}

/// Opens the object of `key`; `None` when there is none.
pub(super) fn open(layout: &Layout, key: &ObjectKey) -> Result<Option<OpenObject>, StoreError> {
    let (dir, name) = layout.place(key)?;
    open_at(&dir, &name)
}

/// Opens the object with this name in a folder.
pub(super) fn open_at(dir: &OwnedFd, name: &str) -> Result<Option<OpenObject>, StoreError> {
    let failed = store_error("opening an object");
    let (file, len) = match disk::open_file(dir, name) {
        Ok(opened) => opened,
        Err(Errno::NOENT) => return Ok(None),
        Err(other) => return Err(failed(other)),
    };
    let trailer_at = len.saturating_sub(TRAILER_LEN);
    let trailer = disk::read_at(&file, 64, trailer_at).map_err(&failed)?;
    let Some(record) = Record::decode(&trailer, len) else {
        tracing::error!(name, "a file of the object store is damaged");
        return Err(StoreError::Unavailable("the object's file is damaged".to_owned()));
    };
    Ok(Some(OpenObject { file, record }))
}

/// Cuts a range to an object; the whole without one.
pub(super) fn cut(range: Option<Range<u64>>, size: u64) -> Result<Range<u64>, StoreError> {
    match range {
        None => Ok(0..size),
        Some(range) if range.start < size && range.start < range.end => Ok(range.start..range.end.min(size)),
        Some(_) => Err(StoreError::InvalidRange(size)),
    }
}

/// The bytes of a range: at once when they are few, else chunk by chunk with one read ahead.
pub(super) fn read(object: &Arc<OpenObject>, range: Range<u64>) -> Result<ObjectRead, StoreError> {
    let meta = object.record.meta();
    let len = range.end - range.start;
    let body = if len <= WHOLE_MAX {
        let bytes = if len == 0 { Bytes::new() } else { read_chunk(&object.file, range.clone())? };
        stream::iter([Ok(bytes)]).boxed()
    } else {
        let _ = fs::fadvise(&object.file, range.start, std::num::NonZeroU64::new(len), fs::Advice::Sequential);
        chunks(Arc::clone(object), range.clone()).boxed()
    };
    Ok(ObjectRead { meta, range, body })
}

/// What [`read`] gives, if it is little and lies in memory already: then no thread need wait for it.
pub(super) fn read_at_once(object: &OpenObject, range: &Range<u64>) -> Option<ObjectRead> {
    let bytes = if range.end - range.start <= WHOLE_MAX { cached_chunk(&object.file, range)? } else { return None };
    Some(ObjectRead { meta: object.record.meta(), range: range.clone(), body: stream::iter([Ok(bytes)]).boxed() })
}

/// The chunks one after the other; the kernel reads ahead. Chunks that lie in memory are copied right
/// here: handed between threads, their buffers would pile up in each thread's share of the allocator.
fn chunks(
    object: Arc<OpenObject>,
    range: Range<u64>,
) -> impl futures_util::Stream<Item = Result<Bytes, StoreError>> + Send {
    let steps = range.clone().step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX));
    stream::iter(steps).then(move |start| {
        let (object, chunk) = (Arc::clone(&object), start..range.end.min(start + CHUNK));
        async move {
            if let Some(bytes) = cached_chunk(&object.file, &chunk) {
                return Ok(bytes);
            }
            let read = tokio::task::spawn_blocking(move || read_chunk(&object.file, chunk));
            read.await.unwrap_or_else(|_| Err(StoreError::Unavailable("reading was cancelled".to_owned())))
        }
    })
}

/// The bytes of a range, if the kernel has them in memory.
fn cached_chunk(file: &OwnedFd, range: &Range<u64>) -> Option<Bytes> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
    let read = rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut bytes)], range.start, ReadWriteFlags::NOWAIT);
    (read == Ok(bytes.len())).then(|| Bytes::from(bytes))
}

fn read_chunk(file: &OwnedFd, range: Range<u64>) -> Result<Bytes, StoreError> {
    let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let bytes = disk::read_at(file, len, range.start).map_err(store_error("reading an object"))?;
    if bytes.len() == len {
        Ok(Bytes::from(bytes))
    } else {
        Err(StoreError::Unavailable("the object's file is shorter than it says".to_owned()))
    }
}
