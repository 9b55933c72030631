//! The port to what the installation knows: which content a file's version stands for right now.

use async_trait::async_trait;
use fardel_domain::{id::FileId, object_store::ObjectKey, time::Timestamp};

/// A content that may be served, and what its answer says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servable {
    /// Where its bytes lie.
    pub object: ObjectKey,
    /// Bytes of the whole.
    pub size: u64,
    /// Strong entity tag, without quotes: 1 to 200 characters of `A-Z a-z 0-9 - _ . :`.
    pub etag: String,
    /// The type found by looking at the bytes, not the one that was declared.
    pub media_type: String,
    /// The name under which a download is saved.
    pub name: String,
    /// Answered as `Last-Modified`.
    pub modified_at: Timestamp,
}

/// The origin could not tell.
#[derive(Debug, thiserror::Error)]
#[error("the origin is unavailable: {0}")]
pub struct OriginError(pub String);

/// Resolves what a signed URL names.
#[async_trait]
pub trait Origin: Send + Sync + 'static {
    /// The content of `file` at `content_version`; `None` when it does not exist or nobody may have it
    /// any more (deleted, infected). An answer may be at most 5 s old: within that time revocations hold.
    async fn resolve(&self, file: FileId, content_version: i64) -> Result<Option<Servable>, OriginError>;
}
