//! Small objects kept in memory. Objects never change, so an entry is right for as long as it is asked for.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use fardel_domain::object_store::{ObjectKey, ObjectStore, StoreError};
use futures_util::TryStreamExt;
use moka::future::Cache;

/// The largest object that is kept.
pub(crate) const MAX_SMALL: u64 = 64 * 1024;

/// What an entry costs beside its key and bytes.
const ENTRY_OVERHEAD: usize = 256;

/// A cache bounded by the bytes it holds; concurrent misses of one object read the store once.
pub(crate) struct SmallObjects(Cache<ObjectKey, Bytes>);

impl SmallObjects {
    /// Holds up to about `capacity` bytes.
    pub(crate) fn new(capacity: u64) -> Self {
        let weigh = |key: &ObjectKey, bytes: &Bytes| {
            u32::try_from(key.as_str().len() + bytes.len() + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(capacity).weigher(weigh).build())
    }

    /// The bytes of an object of at most [`MAX_SMALL`]. Call it only for who may have them.
    pub(crate) async fn get(
        &self,
        store: &dyn ObjectStore,
        key: &ObjectKey,
        size: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        if let Some(bytes) = self.0.get(key).await {
            return Ok(bytes);
        }
        self.0.try_get_with_by_ref(key, read(store, key, size)).await
    }
}

async fn read(store: &dyn ObjectStore, key: &ObjectKey, size: u64) -> Result<Bytes, StoreError> {
    let mut chunks = store.get(key, None).await?.body;
    let mut bytes = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
    while let Some(chunk) = chunks.try_next().await? {
        if (bytes.len() + chunk.len()) as u64 > size {
            break;
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() as u64 == size {
        Ok(bytes.freeze())
    } else {
        Err(StoreError::Unavailable(format!("it does not hold the {size} bytes of {key}")))
    }
}
