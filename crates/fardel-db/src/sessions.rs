//! Sign-ins: each a family of refresh tokens of which only the newest is valid.

use fardel_domain::{
    checksum::Sha256,
    id::{SessionId, UserId},
    rights::Role,
    time::Timestamp,
};

use crate::{Db, DbError, Tx};

/// A row of `sessions`.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// SHA-256 of the refresh token that is valid now.
    pub refresh_hash: Vec<u8>,
    /// SHA-256 of the one before: its use means theft, or a second tab a moment late.
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: Timestamp,
    pub user_agent: String,
    pub address: String,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// What decides whether a session's access token still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct SessionState {
    pub user_id: UserId,
    pub role: Role,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
}

impl SessionState {
    /// Whether it counts at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.disabled_at.is_none() && self.expires_at > now
    }
}

macro_rules! columns {
    () => {
        "id, user_id, refresh_hash, previous_hash, rotated_at, user_agent, address, created_at, last_used_at,
         expires_at, revoked_at"
    };
}

/// Begins a session.
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO sessions
           (id, user_id, refresh_hash, rotated_at, user_agent, address, created_at, last_used_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $4, $4, $7)",
    )
    .bind(session.id)
    .bind(session.user_id)
    .bind(session.refresh_hash.clone())
    .bind(session.created_at)
    .bind(session.user_agent.clone())
    .bind(session.address.clone())
    .bind(session.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// The session, locked for the rest of the transaction.
pub async fn lock(tx: &mut Tx, id: SessionId) -> Result<Option<Session>, DbError> {
    tx.dialect(
        concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1 FOR UPDATE"),
    )
    .bind(id)
    .fetch_optional()
    .await
}

/// Puts the next refresh token in the present one's place.
pub async fn rotate(
    tx: &mut Tx,
    id: SessionId,
    refresh: Sha256,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "UPDATE sessions
         SET previous_hash = refresh_hash, refresh_hash = $2, rotated_at = $3, last_used_at = $3, expires_at = $4
         WHERE id = $1",
    )
    .bind(id)
    .bind(refresh.as_bytes().to_vec())
    .bind(now)
    .bind(expires_at)
    .execute()
    .await?;
    Ok(())
}

/// What decides whether the session counts.
pub async fn state(db: &Db, id: SessionId) -> Result<Option<SessionState>, DbError> {
    db.read(
        "SELECT s.user_id, u.role, s.expires_at, s.revoked_at, u.disabled_at
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
    )
    .bind(id)
    .fetch_optional()
    .await
}

/// Up to `limit` of the user's sessions that count at `now` and come after `after`, newest first.
pub async fn active(
    db: &Db,
    user: UserId,
    now: Timestamp,
    after: (Timestamp, SessionId),
    limit: i64,
) -> Result<Vec<Session>, DbError> {
    // Index sessions_by_user.
    db.read(concat!(
        "SELECT ",
        columns!(),
        " FROM sessions
         WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND (created_at, id) < ($3, $4)
         ORDER BY created_at DESC, id DESC LIMIT $5"
    ))
    .bind(user)
    .bind(now)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all()
    .await
}

/// How many of the user's sessions count at `now`.
pub async fn count_active(db: &Db, user: UserId, now: Timestamp) -> Result<i64, DbError> {
    let (count,): (i64,) = db
        .read("SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2")
        .bind(user)
        .bind(now)
        .fetch_one()
        .await?;
    Ok(count)
}

/// Ends one of the user's sessions; whether there was one to end.
pub async fn revoke(tx: &mut Tx, user: UserId, id: SessionId, now: Timestamp) -> Result<bool, DbError> {
    let changed = tx
        .query("UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL")
        .bind(id)
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Ends all of the user's sessions but `keep`.
pub async fn revoke_others(tx: &mut Tx, user: UserId, keep: Option<SessionId>, now: Timestamp) -> Result<(), DbError> {
    let keep = keep.unwrap_or_else(|| SessionId::from(uuid::Uuid::nil()));
    tx.query("UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL")
        .bind(user)
        .bind(keep)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Forgets sessions that ended before `before`.
pub async fn delete_ended(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    tx.query("DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1").bind(before).execute().await
}
