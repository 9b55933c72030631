//! What the edge may serve: the database's word, a few seconds old at most.

use std::time::Duration;

use async_trait::async_trait;
use fardel_db::{Db, files};
use fardel_domain::{id::FileId, object_store::ObjectKey};
use fardel_edge::{Origin, OriginError, Servable};
use moka::future::Cache;

/// Within 5 s after a delete the edge serves nothing any more; a second is left for the answer.
const REMEMBERED_FOR: Duration = Duration::from_secs(4);
const REMEMBERED_MAX: u64 = 50_000;

/// Resolves signed URLs from the database.
pub struct DatabaseOrigin {
    db: Db,
    known: Cache<(FileId, i64), Option<Servable>>,
}

impl DatabaseOrigin {
    /// An origin on `db`.
    pub fn new(db: Db) -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED_FOR).build();
        Self { db, known }
    }

    async fn look_up(&self, id: FileId, content_version: i64) -> Result<Option<Servable>, OriginError> {
        let failed = |error: fardel_db::DbError| OriginError(error.to_string());
        let Some(file) = files::by_id(&self.db, id).await.map_err(failed)? else { return Ok(None) };
        if file.content_version != content_version {
            return Ok(None);
        }
        let path = files::path(&self.db, id).await.map_err(failed)?;
        if path.iter().any(|step| step.deleted_at.is_some()) || file.scan.as_deref() == Some("infected") {
            return Ok(None);
        }
        let (Some(key), Some(etag)) = (&file.object_key, &file.etag) else { return Ok(None) };
        Ok(Some(Servable {
            object: ObjectKey::parse(key).ok_or_else(|| OriginError("a content has no valid key".to_owned()))?,
            size: file.size.unsigned_abs(),
            etag: etag.clone(),
            media_type: file.media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
            name: file.name,
            modified_at: file.modified_at,
        }))
    }
}

#[async_trait]
impl Origin for DatabaseOrigin {
    async fn resolve(&self, file: FileId, content_version: i64) -> Result<Option<Servable>, OriginError> {
        self.known
            .try_get_with((file, content_version), self.look_up(file, content_version))
            .await
            .map_err(|error| OriginError(error.0.clone()))
    }
}
