//! Answers to POSTs with an `Idempotency-Key`.

use fardel_domain::{checksum::Sha256, id::UserId, time::Timestamp};

use crate::{DbError, Tx};

/// A stored request, with its answer once there is one.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct StoredAnswer {
    pub request_hash: Vec<u8>,
    /// `None` while the first request is still being worked on.
    pub status: Option<i64>,
    pub body: Option<String>,
    pub location: Option<String>,
    pub created_at: Timestamp,
}

/// Claims the key: `None` when it is now the caller's, else what is stored under it.
pub async fn claim(
    tx: &mut Tx,
    user: UserId,
    key: String,
    request: Sha256,
    now: Timestamp,
) -> Result<Option<StoredAnswer>, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO idempotency_keys (user_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, key) DO NOTHING",
        )
        .bind(user)
        .bind(key.clone())
        .bind(request.as_bytes().to_vec())
        .bind(now)
        .execute()
        .await?;
    if inserted > 0 {
        return Ok(None);
    }
    tx.query(
        "SELECT request_hash, status, body, location, created_at FROM idempotency_keys WHERE user_id = $1 AND key = $2",
    )
    .bind(user)
    .bind(key)
    .fetch_optional()
    .await
}

/// Keeps the answer.
pub async fn store(
    tx: &mut Tx,
    user: UserId,
    key: String,
    status: u16,
    body: String,
    location: Option<String>,
) -> Result<(), DbError> {
    tx.query("UPDATE idempotency_keys SET status = $3, body = $4, location = $5 WHERE user_id = $1 AND key = $2")
        .bind(user)
        .bind(key)
        .bind(i64::from(status))
        .bind(body)
        .bind(location)
        .execute()
        .await
        .map(drop)
}

/// Frees a key whose request failed, so that a repeat is a new try.
pub async fn release(tx: &mut Tx, user: UserId, key: String) -> Result<(), DbError> {
    tx.query("DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2")
        .bind(user)
        .bind(key)
        .execute()
        .await
        .map(drop)
}

/// Forgets keys older than `before`.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    tx.query("DELETE FROM idempotency_keys WHERE created_at < $1").bind(before).execute().await
}

/// Takes over the claim that was made at `claimed_at` and never answered; `false` when another
/// request was faster.
pub async fn take_over(
    tx: &mut Tx,
    user: UserId,
    key: String,
    request: Sha256,
    claimed_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = tx
        .query(
            "UPDATE idempotency_keys SET request_hash = $3, created_at = $5
             WHERE user_id = $1 AND key = $2 AND created_at = $4 AND status IS NULL",
        )
        .bind(user)
        .bind(key)
        .bind(request.as_bytes().to_vec())
        .bind(claimed_at)
        .bind(now)
        .execute()
        .await?;
    Ok(changed > 0)
}
