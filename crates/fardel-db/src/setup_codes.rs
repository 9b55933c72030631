//! One-time codes that open first-run set-up.

use fardel_domain::{checksum::Sha256, time::Timestamp};

use crate::{DbError, Tx};

/// Keeps the hash of a new code.
pub async fn insert(tx: &mut Tx, code: Sha256, expires_at: Timestamp) -> Result<(), DbError> {
    tx.query("INSERT INTO setup_codes (code_hash, expires_at) VALUES ($1, $2)")
        .bind(code.as_bytes().to_vec())
        .bind(expires_at)
        .execute()
        .await?;
    Ok(())
}

/// Whether `code` is known and still valid at `now`.
pub async fn is_valid(tx: &mut Tx, code: Sha256, now: Timestamp) -> Result<bool, DbError> {
    let row: Option<(Timestamp,)> = tx
        .query("SELECT expires_at FROM setup_codes WHERE code_hash = $1 AND expires_at > $2")
        .bind(code.as_bytes().to_vec())
        .bind(now)
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}

/// Voids every code.
pub async fn clear(tx: &mut Tx) -> Result<(), DbError> {
    tx.query("DELETE FROM setup_codes").execute().await.map(drop)
}

/// Lets one set-up at a time pass, until the transaction's end: of two at once the second sees the
/// account that the first made. On SQLite there is only one writer anyway.
pub async fn lock(tx: &mut Tx) -> Result<(), DbError> {
    tx.dialect("SELECT 1", "LOCK TABLE setup_codes IN EXCLUSIVE MODE").execute().await.map(drop)
}
