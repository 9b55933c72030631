//! Stored contents, shared by the files and versions of one drive that have equal bytes.

use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    id::{ContentId, DriveId},
    time::Timestamp,
};

use crate::{Db, DbError, Tx};

/// A row of `contents`.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct Content {
    pub id: ContentId,
    pub drive_id: DriveId,
    /// The joined digest; see [`ContentChecksum`].
    pub checksum: Vec<u8>,
    pub size: i64,
    pub part_count: i64,
    /// As found in the bytes.
    pub media_type: String,
    pub object_key: String,
    pub etag: String,
    /// Files and versions that point here.
    pub ref_count: i64,
    pub scan: String,
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, drive_id, checksum, size, part_count, media_type, object_key, etag, ref_count, scan, created_at"
    };
}

/// The content of the drive with these bytes, to share.
pub async fn find(db: &Db, drive: DriveId, checksum: ContentChecksum, size: i64) -> Result<Option<Content>, DbError> {
    db.read(concat!(
        "SELECT ",
        columns!(),
        " FROM contents WHERE drive_id = $1 AND checksum = $2 AND size = $3 AND ref_count > 0"
    ))
    .bind(drive)
    .bind(checksum.digest().as_bytes().to_vec())
    .bind(size)
    .fetch_optional()
    .await
}

/// Counts one more file on the drive's content with these bytes, if there still is one.
pub async fn share(tx: &mut Tx, drive: DriveId, checksum: Sha256, size: i64) -> Result<Option<Content>, DbError> {
    tx.query(concat!(
        "UPDATE contents SET ref_count = ref_count + 1
             WHERE drive_id = $1 AND checksum = $2 AND size = $3 AND ref_count > 0 RETURNING ",
        columns!()
    ))
    .bind(drive)
    .bind(checksum.as_bytes().to_vec())
    .bind(size)
    .fetch_optional()
    .await
}

/// Adds a content with one file on it.
pub async fn insert(tx: &mut Tx, content: &Content) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO contents
           (id, drive_id, checksum, size, part_count, media_type, object_key, etag, ref_count, scan, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)",
    )
    .bind(content.id)
    .bind(content.drive_id)
    .bind(content.checksum.clone())
    .bind(content.size)
    .bind(content.part_count)
    .bind(content.media_type.clone())
    .bind(content.object_key.clone())
    .bind(content.etag.clone())
    .bind(content.scan.clone())
    .bind(content.created_at)
    .execute()
    .await?;
    Ok(())
}
