//! Keys that programs use in place of a person's session.

use fardel_domain::{
    checksum::Sha256,
    id::{ApiKeyId, UserId},
    rights::{Role, Scope},
    time::Timestamp,
};

use crate::{Db, DbError, Tx};

/// A row of `api_keys`, without its secret's hash.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub name: String,
    /// The first characters of the key, to tell keys apart.
    pub hint: String,
    /// Scopes in their wire form, parted by spaces.
    pub scopes: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// What decides whether a key counts.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct ApiKeyState {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub role: Role,
    pub scopes: String,
    pub expires_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
}

impl ApiKeyState {
    /// Whether it counts at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none() && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }
}

/// Scopes as one text for the row.
pub fn scopes_to_text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// The scopes in a row's text; an unknown word gives nothing.
pub fn scopes_from_text(text: &str) -> Vec<Scope> {
    text.split(' ').filter_map(Scope::parse).collect()
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &ApiKey, secret: Sha256) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO api_keys (id, user_id, name, hint, secret_hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.id)
    .bind(key.user_id)
    .bind(key.name.clone())
    .bind(key.hint.clone())
    .bind(secret.as_bytes().to_vec())
    .bind(key.scopes.clone())
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// The key with this secret.
pub async fn state(db: &Db, secret: Sha256) -> Result<Option<ApiKeyState>, DbError> {
    db.read(
        "SELECT k.id, k.user_id, u.role, k.scopes, k.expires_at, u.disabled_at
         FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.secret_hash = $1",
    )
    .bind(secret.as_bytes().to_vec())
    .fetch_optional()
    .await
}

/// Up to `limit` of the user's keys that come after `after`, newest first.
pub async fn of_user(db: &Db, user: UserId, after: (Timestamp, ApiKeyId), limit: i64) -> Result<Vec<ApiKey>, DbError> {
    // Index api_keys_by_user.
    db.read(
        "SELECT id, user_id, name, hint, scopes, created_at, expires_at, last_used_at
         FROM api_keys WHERE user_id = $1 AND (created_at, id) < ($2, $3)
         ORDER BY created_at DESC, id DESC LIMIT $4",
    )
    .bind(user)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all()
    .await
}

/// How many keys the user has.
pub async fn count_of_user(db: &Db, user: UserId) -> Result<i64, DbError> {
    let (count,): (i64,) = db.read("SELECT COUNT(*) FROM api_keys WHERE user_id = $1").bind(user).fetch_one().await?;
    Ok(count)
}

/// Removes one of the user's keys; whether there was one.
pub async fn delete(tx: &mut Tx, user: UserId, id: ApiKeyId) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM api_keys WHERE id = $1 AND user_id = $2").bind(id).bind(user).execute().await? > 0)
}

/// Notes that the key was used.
pub async fn touch(tx: &mut Tx, id: ApiKeyId, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1").bind(id).bind(now).execute().await.map(drop)
}
