//! Uploads that were announced and have not yet become files.

use fardel_domain::{
    checksum::Sha256,
    file::OnConflict,
    id::{DriveId, FileId, UserId},
    part_plan::{PartNumber, PartPlan},
    time::Timestamp,
};

use crate::{Db, DbError, Tx};

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum UploadState {
    /// Bytes may arrive.
    Open,
    /// The store has joined the parts.
    Completed,
    /// It became a file.
    Confirmed,
    /// It was given up; what still arrives is removed.
    Aborted,
}

/// A row of `uploads`.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct Upload {
    pub id: FileId,
    pub drive_id: DriveId,
    pub user_id: UserId,
    pub parent_id: FileId,
    pub name: String,
    pub size: i64,
    pub media_type: String,
    pub modified_at: Timestamp,
    pub on_conflict: OnConflict,
    /// The joined digest, once known.
    pub checksum: Option<Vec<u8>>,
    pub part_digests: Vec<u8>,
    pub object_key: String,
    pub multipart_id: Option<String>,
    pub state: UploadState,
    /// The file that it became.
    pub file_id: Option<FileId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub check_at: Timestamp,
}

const UNKNOWN: [u8; 32] = [0; 32];

impl Upload {
    /// The plan by which the bytes are sent.
    pub fn plan(&self) -> PartPlan {
        PartPlan::for_size(self.size.unsigned_abs())
    }

    /// The digest of a part, once announced.
    pub fn digest(&self, number: PartNumber) -> Option<Sha256> {
        let at = number.index() * 32;
        let digest: [u8; 32] = self.part_digests.get(at..at + 32)?.try_into().ok()?;
        (digest != UNKNOWN).then(|| Sha256::from(digest))
    }

    /// The digests of all parts, if all are announced.
    pub fn digests(&self) -> Option<Vec<Sha256>> {
        self.plan().numbers().map(|number| self.digest(number)).collect()
    }

    /// Announces the digest of a part.
    pub fn set_digest(&mut self, number: PartNumber, digest: Sha256) {
        let at = number.index() * 32;
        if let Some(slot) = self.part_digests.get_mut(at..at + 32) {
            slot.copy_from_slice(digest.as_bytes());
        }
    }
}

/// Digests as the row keeps them; `None` for parts not yet announced.
pub fn pack_digests(plan: &PartPlan, digests: Option<&[Sha256]>) -> Vec<u8> {
    match digests {
        Some(digests) => digests.iter().flat_map(|digest| *digest.as_bytes()).collect(),
        None => vec![0; plan.part_count() as usize * 32],
    }
}

macro_rules! columns {
    () => {
        "id, drive_id, user_id, parent_id, name, size, media_type, modified_at, on_conflict, checksum, part_digests,
         object_key, multipart_id, state, file_id, created_at, expires_at, check_at"
    };
}

/// Adds an upload.
pub async fn insert(tx: &mut Tx, upload: &Upload) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO uploads
           (id, drive_id, user_id, parent_id, name, size, media_type, modified_at, on_conflict, checksum, part_digests,
            object_key, multipart_id, state, created_at, expires_at, check_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14, $15, $16)",
    )
    .bind(upload.id)
    .bind(upload.drive_id)
    .bind(upload.user_id)
    .bind(upload.parent_id)
    .bind(upload.name.clone())
    .bind(upload.size)
    .bind(upload.media_type.clone())
    .bind(upload.modified_at)
    .bind(upload.on_conflict)
    .bind(upload.checksum.clone())
    .bind(upload.part_digests.clone())
    .bind(upload.object_key.clone())
    .bind(upload.multipart_id.clone())
    .bind(upload.created_at)
    .bind(upload.expires_at)
    .bind(upload.check_at)
    .execute()
    .await
    .map(drop)
}

/// The upload with this id.
pub async fn by_id(db: &Db, id: FileId) -> Result<Option<Upload>, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM uploads WHERE id = $1")).bind(id).fetch_optional().await
}

/// The upload, locked for the rest of the transaction.
pub async fn lock(tx: &mut Tx, id: FileId) -> Result<Option<Upload>, DbError> {
    tx.dialect(
        concat!("SELECT ", columns!(), " FROM uploads WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM uploads WHERE id = $1 FOR UPDATE"),
    )
    .bind(id)
    .fetch_optional()
    .await
}

/// The user's open upload of the same bytes to the same place. Uses index `uploads_to_resume`.
pub async fn to_resume(
    tx: &mut Tx,
    user: UserId,
    checksum: Sha256,
    size: i64,
    parent: FileId,
    name: String,
    now: Timestamp,
) -> Result<Option<Upload>, DbError> {
    tx.query(concat!(
        "SELECT ",
        columns!(),
        " FROM uploads
         WHERE user_id = $1 AND checksum = $2 AND state = 'open' AND size = $3 AND parent_id = $4 AND name = $5
           AND expires_at > $6
         ORDER BY id DESC LIMIT 1"
    ))
    .bind(user)
    .bind(checksum.as_bytes().to_vec())
    .bind(size)
    .bind(parent)
    .bind(name)
    .bind(now)
    .fetch_optional()
    .await
}

/// The user's unfinished uploads after `after`, oldest first. Uses index `uploads_by_user`.
pub async fn unfinished(db: &Db, user: UserId, after: FileId, limit: i64) -> Result<Vec<Upload>, DbError> {
    db.read(concat!(
        "SELECT ",
        columns!(),
        " FROM uploads WHERE user_id = $1 AND state = 'open' AND id > $2 ORDER BY id LIMIT $3"
    ))
    .bind(user)
    .bind(after)
    .bind(limit)
    .fetch_all()
    .await
}

const COUNT_OPEN: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM uploads WHERE user_id = $1 AND state = 'open' LIMIT $2) AS counted";

/// How many uploads the user has open, counted up to `limit`.
pub async fn count_open(db: &Db, user: UserId, limit: i64) -> Result<i64, DbError> {
    let (count,): (i64,) = db.read(COUNT_OPEN).bind(user).bind(limit).fetch_one().await?;
    Ok(count)
}

/// The same inside a transaction.
pub async fn count_open_in(tx: &mut Tx, user: UserId, limit: i64) -> Result<i64, DbError> {
    let (count,): (i64,) = tx.query(COUNT_OPEN).bind(user).bind(limit).fetch_one().await?;
    Ok(count)
}

/// Notes the store's name for the upload.
pub async fn set_multipart(tx: &mut Tx, id: FileId, multipart_id: String) -> Result<(), DbError> {
    tx.query("UPDATE uploads SET multipart_id = $2 WHERE id = $1").bind(id).bind(multipart_id).execute().await.map(drop)
}

/// Keeps digests that were announced later.
pub async fn set_digests(tx: &mut Tx, upload: &Upload) -> Result<(), DbError> {
    tx.query("UPDATE uploads SET part_digests = $2, checksum = $3 WHERE id = $1")
        .bind(upload.id)
        .bind(upload.part_digests.clone())
        .bind(upload.checksum.clone())
        .execute()
        .await
        .map(drop)
}

/// Moves an upload on, and says when to look at it next.
pub async fn set_state(
    tx: &mut Tx,
    id: FileId,
    state: UploadState,
    file: Option<FileId>,
    check_at: Timestamp,
) -> Result<(), DbError> {
    tx.query("UPDATE uploads SET state = $2, file_id = $3, check_at = $4 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(file)
        .bind(check_at)
        .execute()
        .await
        .map(drop)
}

/// Says when to look at it next.
pub async fn set_check_at(tx: &mut Tx, id: FileId, check_at: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE uploads SET check_at = $2 WHERE id = $1").bind(id).bind(check_at).execute().await.map(drop)
}

/// Up to `limit` uploads that are due for a look. Uses index `uploads_to_check`.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Upload>, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM uploads WHERE check_at <= $1 ORDER BY check_at, id LIMIT $2"))
        .bind(now)
        .bind(limit)
        .fetch_all()
        .await
}

/// Forgets an upload.
pub async fn delete(tx: &mut Tx, id: FileId) -> Result<(), DbError> {
    tx.query("DELETE FROM uploads WHERE id = $1").bind(id).execute().await.map(drop)
}
