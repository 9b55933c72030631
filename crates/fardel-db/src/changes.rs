//! The change sequence of a drive: gap-free, in commit order.

use fardel_domain::{
    id::{DriveId, FileId},
    time::Timestamp,
};

use crate::{DbError, Tx};

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Op {
    /// It is new or has changed.
    Upsert,
    /// It is gone from every listing.
    Remove,
}

/// Takes the drive's next number for a change of `file`. The row lock on the drive lasts to the
/// commit, so whoever sees number n sees every lower one.
pub async fn record(tx: &mut Tx, drive: DriveId, file: FileId, op: Op, now: Timestamp) -> Result<i64, DbError> {
    let (seq,): (i64,) = tx
        .query("UPDATE drives SET change_seq = change_seq + 1 WHERE id = $1 RETURNING change_seq")
        .bind(drive)
        .fetch_one()
        .await?;
    tx.query("INSERT INTO changes (drive_id, seq, file_id, op, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(drive)
        .bind(seq)
        .bind(file)
        .bind(op)
        .bind(now)
        .execute()
        .await?;
    tx.query("UPDATE files SET change_seq = $2 WHERE id = $1").bind(file).bind(seq).execute().await?;
    Ok(seq)
}
