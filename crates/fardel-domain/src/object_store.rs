//! The port to the object store: where contents lie, and how clients reach them without us between.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::{
    checksum::Sha256,
    part_plan::{PartNumber, PartPlan},
    time::Timestamp,
};

/// The name of an object: 1 to 200 bytes of `a-z 0-9 - _ . /`, no empty step, no leading dot in a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// `None` when `text` breaks the rule of the type.
    pub fn parse(text: &str) -> Option<Self> {
        let step_is_sound = |step: &str| {
            !step.is_empty()
                && !step.starts_with('.')
                && step.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
        };
        (text.len() <= 200 && text.split('/').all(step_is_sound)).then(|| Self(text.to_owned()))
    }

    /// The key as text, without a leading `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request that its holder may send once, as it stands, until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// `PUT` or `GET`.
    pub method: http::Method,
    /// Where to, with the signature in the query. Secret: never logged.
    pub url: url::Url,
    /// The signed headers that the client must send as given, without `host`.
    pub headers: Vec<(String, String)>,
    /// The last moment at which the store honours it.
    pub expires_at: Timestamp,
}

/// What a presigned PUT is bound to: the store refuses any other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyBinding {
    /// Exact length in bytes.
    pub size: u64,
    /// SHA-256 of exactly these bytes.
    pub sha256: Sha256,
}

/// The store's name for a multipart upload that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartId(pub String);

/// A part that the store holds and has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Which part.
    pub number: PartNumber,
    /// Bytes stored.
    pub size: u64,
    /// The store's entity tag, without quotes.
    pub etag: String,
    /// The verified digest, where the store tells it.
    pub sha256: Option<Sha256>,
}

/// A part named in a completion: what the store must hold for it to succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Which part.
    pub number: PartNumber,
    /// The entity tag that the upload of the part answered, without quotes.
    pub etag: String,
    /// The digest that was signed for the part.
    pub sha256: Sha256,
}

/// The numbers of `plan` whose part is missing in `parts`, not in its place, or not as held by the
/// store, and those beyond the plan; empty when the upload can be completed.
pub fn wrong_parts(
    plan: &PartPlan,
    parts: &[CompletedPart],
    is_held: impl Fn(&CompletedPart) -> bool,
) -> Vec<PartNumber> {
    let mut wrong = BTreeSet::new();
    for (index, number) in plan.numbers().enumerate() {
        if !parts.get(index).is_some_and(|part| part.number == number && is_held(part)) {
            wrong.insert(number);
        }
    }
    wrong.extend(parts.iter().skip(plan.part_count() as usize).map(|part| part.number));
    wrong.into_iter().collect()
}

/// What the store knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Bytes.
    pub size: u64,
    /// Entity tag, without quotes.
    pub etag: String,
    /// The checksum that the store itself verified: of the whole for a single PUT, the digest over
    /// the parts' digests for a multipart upload (see [`crate::checksum::ContentChecksum`]).
    pub checksum: Option<Sha256>,
    /// When the object was made.
    pub modified_at: Timestamp,
}

/// An object opened for reading.
pub struct ObjectRead {
    /// The whole object's facts.
    pub meta: ObjectMeta,
    /// The bytes that `body` gives, as offsets in the object.
    pub range: Range<u64>,
    /// The bytes, in chunks of up to 1 MiB; an error ends the stream.
    pub body: BoxStream<'static, Result<Bytes, StoreError>>,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// Keys in byte order with their facts.
    pub objects: Vec<(ObjectKey, ObjectMeta)>,
    /// Whether there are more after the last.
    pub has_more: bool,
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such object, or no such multipart upload.
    #[error("the object store holds no such object or upload")]
    NotFound,
    /// The key exists and may not be written again.
    #[error("the object exists already")]
    AlreadyExists,
    /// Parts are missing or differ from those named.
    #[error("parts are missing or differ from those named: {0:?}")]
    InvalidParts(Vec<PartNumber>),
    /// The bytes are not those that were declared.
    #[error("the bytes are not those that were declared")]
    Mismatch,
    /// The range lies outside the object, of this many bytes.
    #[error("the range lies outside the object of {0} bytes")]
    InvalidRange(u64),
    /// No space is left.
    #[error("the object store is full")]
    Full,
    /// The store cannot be reached or failed; the same call may succeed later.
    #[error("the object store is unavailable: {0}")]
    Unavailable(String),
}

/// A store of immutable objects. Guarantees of every adapter, held by one conformance suite:
///
/// - **Atomic**: an object is there entirely or not at all; a failed or aborted write leaves nothing
///   that a reader can see.
/// - **Durable**: what was answered with success survives a crash and, at the embedded store, a
///   power cut.
/// - **Bound**: a presigned PUT stores exactly the bytes that it names and never replaces an object.
/// - **Bounded**: memory per call does not grow with the object.
#[async_trait]
pub trait ObjectStore: Send + Sync + 'static {
    /// Signs a PUT of one whole object, to be used within `valid_for` (at most 7 days).
    async fn presign_put(
        &self,
        key: &ObjectKey,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError>;

    /// Signs a GET of an object, with Range allowed.
    async fn presign_get(&self, key: &ObjectKey, valid_for: Duration) -> Result<PresignedRequest, StoreError>;

    /// Begins an upload in the parts of `plan`, of which there must be more than one. They are SHA-256
    /// checked one by one.
    async fn create_multipart(&self, key: &ObjectKey, plan: &PartPlan) -> Result<MultipartId, StoreError>;

    /// Signs the PUT of one part. The same part may be sent again until completion.
    async fn presign_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: PartNumber,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError>;

    /// The parts that the store holds, in order. [`StoreError::NotFound`] after completion or abort.
    async fn list_parts(&self, key: &ObjectKey, upload: &MultipartId) -> Result<Vec<StoredPart>, StoreError>;

    /// Makes the object from exactly `parts`, which must be in order and be all of the plan.
    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<ObjectMeta, StoreError>;

    /// Frees an upload's parts. An unknown upload is no error.
    async fn abort_multipart(&self, key: &ObjectKey, upload: &MultipartId) -> Result<(), StoreError>;

    /// An object's facts; `None` when it does not exist.
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StoreError>;

    /// Opens an object, or the bytes of `range` in it (cut at the end of the object).
    async fn get(&self, key: &ObjectKey, range: Option<Range<u64>>) -> Result<ObjectRead, StoreError>;

    /// Stores the `size` bytes of `body` under a new key; [`StoreError::AlreadyExists`] otherwise. The
    /// checksum is that of the plan for `size`, as if a client had sent the bytes.
    async fn put(
        &self,
        key: &ObjectKey,
        size: u64,
        body: BoxStream<'static, Result<Bytes, StoreError>>,
    ) -> Result<ObjectMeta, StoreError>;

    /// Copies an object to a new key inside the store.
    async fn copy(&self, from: &ObjectKey, to: &ObjectKey) -> Result<ObjectMeta, StoreError>;

    /// Removes an object. An unknown key is no error.
    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError>;

    /// Up to `limit` keys that begin with `prefix` and come after `after`, in byte order. A store that
    /// keeps no checksums in its listing gives none.
    async fn list(&self, prefix: &str, after: Option<&ObjectKey>, limit: usize) -> Result<ListPage, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_the_store() {
        for good in ["c/0192/abc", "a", "x-1_2.bin"] {
            assert!(ObjectKey::parse(good).is_some(), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", ".tmp/x", "A", "a b", "a%2f", "a\0", &"a".repeat(201)] {
            assert!(ObjectKey::parse(bad).is_none(), "{bad}");
        }
    }
}
