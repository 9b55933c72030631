//! Background work: the outbox that changes write into, and the lease by which workers take from it.

use fardel_domain::{id::JobId, time::Timestamp};
use uuid::Uuid;

use crate::{DbError, Tx};

/// A job under lease.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct LeasedJob {
    pub id: JobId,
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// How often it was begun, this time included.
    pub attempts: i64,
}

/// Writes a job in the caller's transaction. With a `dedup_key` that waits already, nothing is added.
pub async fn enqueue(
    tx: &mut Tx,
    id: JobId,
    kind: &'static str,
    dedup_key: Option<String>,
    payload: String,
    run_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO jobs (id, kind, dedup_key, payload, state, attempts, run_at, created_at)
         VALUES ($1, $2, $3, $4, 'ready', 0, $5, $6)
         ON CONFLICT (dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING",
    )
    .bind(id)
    .bind(kind.to_owned())
    .bind(dedup_key)
    .bind(payload)
    .bind(run_at)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Leases up to `limit` due jobs until `lease_until`. Uses index `jobs_due`.
pub async fn claim(
    tx: &mut Tx,
    lease: Uuid,
    now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<LeasedJob>, DbError> {
    tx.dialect(
        "UPDATE jobs SET lease = $1, run_at = $3, attempts = attempts + 1
         WHERE id IN (SELECT id FROM jobs WHERE state = 'ready' AND run_at <= $2 ORDER BY run_at, id LIMIT $4)
         RETURNING id, kind, payload, attempts",
        "UPDATE jobs SET lease = $1, run_at = $3, attempts = attempts + 1
         WHERE id IN (SELECT id FROM jobs WHERE state = 'ready' AND run_at <= $2 ORDER BY run_at, id LIMIT $4
                      FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, payload, attempts",
    )
    .bind(lease)
    .bind(now)
    .bind(lease_until)
    .bind(limit)
    .fetch_all()
    .await
}

/// Keeps a lease that is still ours for longer; `false` when it was lost.
pub async fn extend(tx: &mut Tx, id: JobId, lease: Uuid, lease_until: Timestamp) -> Result<bool, DbError> {
    let changed = tx
        .query("UPDATE jobs SET run_at = $3 WHERE id = $1 AND lease = $2")
        .bind(id)
        .bind(lease)
        .bind(lease_until)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Ends a job, if the lease is still ours.
pub async fn finish(tx: &mut Tx, id: JobId, lease: Uuid) -> Result<(), DbError> {
    tx.query("DELETE FROM jobs WHERE id = $1 AND lease = $2").bind(id).bind(lease).execute().await.map(drop)
}

/// Puts a failed job back to run at `run_at`, or with `None` among the dead, for a person to look at.
pub async fn fail(
    tx: &mut Tx,
    id: JobId,
    lease: Uuid,
    error: String,
    run_at: Option<Timestamp>,
) -> Result<(), DbError> {
    let state = if run_at.is_some() { "ready" } else { "dead" };
    tx.query(
        "UPDATE jobs SET lease = NULL, last_error = $3, state = $4, run_at = COALESCE($5, run_at)
         WHERE id = $1 AND lease = $2",
    )
    .bind(id)
    .bind(lease)
    .bind(error)
    .bind(state.to_owned())
    .bind(run_at)
    .execute()
    .await
    .map(drop)
}

/// Gives back a job that was not begun, or whose worker stops: due at once, the attempt not counted.
pub async fn give_back(tx: &mut Tx, id: JobId, lease: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE jobs SET lease = NULL, run_at = $3, attempts = attempts - 1 WHERE id = $1 AND lease = $2")
        .bind(id)
        .bind(lease)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Puts a recurring job back to run at `run_at`, its attempts forgotten.
pub async fn recur(tx: &mut Tx, id: JobId, lease: Uuid, run_at: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE jobs SET lease = NULL, last_error = NULL, attempts = 0, run_at = $3 WHERE id = $1 AND lease = $2")
        .bind(id)
        .bind(lease)
        .bind(run_at)
        .execute()
        .await
        .map(drop)
}
