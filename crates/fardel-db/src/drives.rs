//! Drives: a library of files with its quota, its counters and its change sequence.

use fardel_domain::{
    id::{DriveId, UserId},
    time::Timestamp,
};

use crate::{Db, DbError, Tx};

/// A row of `drives`.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct Drive {
    pub id: DriveId,
    pub owner_id: UserId,
    pub change_seq: i64,
    /// Active top-level files and folders.
    pub child_count: i64,
    /// Bytes of all files and versions, the trash included.
    pub used_bytes: i64,
    /// Bytes promised to open uploads.
    pub reserved_bytes: i64,
    /// `None`: no limit.
    pub quota_bytes: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, owner_id, change_seq, child_count, used_bytes, reserved_bytes, quota_bytes"
    };
}

/// Adds a user's personal drive.
pub async fn insert(
    tx: &mut Tx,
    id: DriveId,
    owner: UserId,
    quota_bytes: Option<i64>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO drives (id, owner_id, change_seq, child_count, used_bytes, reserved_bytes, quota_bytes, created_at)
         VALUES ($1, $2, 0, 0, 0, 0, $3, $4)",
    )
    .bind(id)
    .bind(owner)
    .bind(quota_bytes)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// The user's personal drive.
pub async fn of_user(db: &Db, owner: UserId) -> Result<Drive, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM drives WHERE owner_id = $1")).bind(owner).fetch_one().await
}

/// A drive by its id.
pub async fn by_id(db: &Db, id: DriveId) -> Result<Drive, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM drives WHERE id = $1")).bind(id).fetch_one().await
}

/// Serialises the drive's writers from here to the commit, so that what was checked stays true.
/// Call it first in every transaction that changes the drive: one order of locks, no deadlock.
pub async fn lock(tx: &mut Tx, id: DriveId) -> Result<Drive, DbError> {
    tx.dialect(
        concat!("SELECT ", columns!(), " FROM drives WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM drives WHERE id = $1 FOR UPDATE"),
    )
    .bind(id)
    .fetch_one()
    .await
}

/// Reserves `bytes` for an upload; `false`, and nothing changed, when the quota does not suffice.
pub async fn reserve(tx: &mut Tx, id: DriveId, bytes: i64) -> Result<bool, DbError> {
    let changed = tx
        .query(
            "UPDATE drives SET reserved_bytes = reserved_bytes + $2
             WHERE id = $1 AND (quota_bytes IS NULL OR used_bytes + reserved_bytes + $2 <= quota_bytes)",
        )
        .bind(id)
        .bind(bytes)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Gives a reservation back.
pub async fn release(tx: &mut Tx, id: DriveId, bytes: i64) -> Result<(), DbError> {
    tx.query("UPDATE drives SET reserved_bytes = reserved_bytes - $2 WHERE id = $1")
        .bind(id)
        .bind(bytes)
        .execute()
        .await
        .map(drop)
}

/// Counts `bytes` as used without a reservation; `false` when the quota does not suffice.
pub async fn use_bytes(tx: &mut Tx, id: DriveId, bytes: i64) -> Result<bool, DbError> {
    let changed = tx
        .query(
            "UPDATE drives SET used_bytes = used_bytes + $2
             WHERE id = $1 AND (quota_bytes IS NULL OR used_bytes + reserved_bytes + $2 <= quota_bytes)",
        )
        .bind(id)
        .bind(bytes)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Turns a reservation into use.
pub async fn use_reserved(tx: &mut Tx, id: DriveId, bytes: i64) -> Result<(), DbError> {
    tx.query("UPDATE drives SET reserved_bytes = reserved_bytes - $2, used_bytes = used_bytes + $2 WHERE id = $1")
        .bind(id)
        .bind(bytes)
        .execute()
        .await
        .map(drop)
}
