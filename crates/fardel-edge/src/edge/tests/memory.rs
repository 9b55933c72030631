//! Doubles of the two ports; the real adapters have a suite of their own.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fardel_domain::{
    id::FileId,
    object_store::{
        BodyBinding, CompletedPart, ListPage, MultipartId, ObjectKey, ObjectMeta, ObjectRead, ObjectStore,
        PresignedRequest, StoreError, StoredPart,
    },
    part_plan::{PartNumber, PartPlan},
    time::Timestamp,
};
use futures_util::stream::{self, BoxStream};

use crate::{Origin, OriginError, Servable};

/// Objects in memory; every method that the edge does not use fails.
#[derive(Default)]
pub(super) struct MemoryStore {
    pub(super) objects: HashMap<ObjectKey, Bytes>,
    pub(super) reads: AtomicUsize,
    pub(super) down: AtomicBool,
}

type Outcome<T> = Result<T, StoreError>;

fn unused<T>() -> Outcome<T> {
    Err(StoreError::Unavailable("the edge only reads".into()))
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn get(&self, key: &ObjectKey, range: Option<Range<u64>>) -> Outcome<ObjectRead> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) {
            return unused();
        }
        let bytes = self.objects.get(key).ok_or(StoreError::NotFound)?;
        let size = bytes.len() as u64;
        let range = range.unwrap_or(0..size);
        let part = bytes.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap());
        let chunks: Vec<_> = part.chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let meta = ObjectMeta { size, etag: String::new(), checksum: None, modified_at: Timestamp::from_seconds(0) };
        Ok(ObjectRead { meta, range, body: Box::pin(stream::iter(chunks)) })
    }

    async fn presign_put(&self, _: &ObjectKey, _: BodyBinding, _: Duration) -> Outcome<PresignedRequest> {
        unused()
    }
    async fn presign_get(&self, _: &ObjectKey, _: Duration) -> Outcome<PresignedRequest> {
        unused()
    }
    async fn create_multipart(&self, _: &ObjectKey, _: &PartPlan) -> Outcome<MultipartId> {
        unused()
    }
    async fn presign_part(
        &self,
        _: &ObjectKey,
        _: &MultipartId,
        _: PartNumber,
        _: BodyBinding,
        _: Duration,
    ) -> Outcome<PresignedRequest> {
        unused()
    }
    async fn list_parts(&self, _: &ObjectKey, _: &MultipartId) -> Outcome<Vec<StoredPart>> {
        unused()
    }
    async fn complete_multipart(&self, _: &ObjectKey, _: &MultipartId, _: &[CompletedPart]) -> Outcome<ObjectMeta> {
        unused()
    }
    async fn abort_multipart(&self, _: &ObjectKey, _: &MultipartId) -> Outcome<()> {
        unused()
    }
    async fn head(&self, _: &ObjectKey) -> Outcome<Option<ObjectMeta>> {
        unused()
    }
    async fn put(&self, _: &ObjectKey, _: u64, _: BoxStream<'static, Outcome<Bytes>>) -> Outcome<ObjectMeta> {
        unused()
    }
    async fn copy(&self, _: &ObjectKey, _: &ObjectKey) -> Outcome<ObjectMeta> {
        unused()
    }
    async fn delete(&self, _: &ObjectKey) -> Outcome<()> {
        unused()
    }
    async fn list(&self, _: &str, _: Option<&ObjectKey>, _: usize) -> Outcome<ListPage> {
        unused()
    }
}

/// What the origin knows; counts how often it is asked.
#[derive(Default)]
pub(super) struct MemoryOrigin {
    pub(super) files: Mutex<HashMap<FileId, Servable>>,
    pub(super) asked: AtomicUsize,
    pub(super) down: AtomicBool,
}

#[async_trait]
impl Origin for MemoryOrigin {
    async fn resolve(&self, file: FileId, content_version: i64) -> Result<Option<Servable>, OriginError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(OriginError("down".into()));
        }
        Ok((content_version == 1).then(|| self.files.lock().unwrap().get(&file).cloned()).flatten())
    }
}
