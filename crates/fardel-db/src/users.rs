//! People with accounts.

use fardel_domain::{id::UserId, rights::Role, time::Timestamp};

use crate::{Db, DbError, Tx};

/// A row of `users`.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub locale: Option<String>,
    /// Argon2id in PHC form.
    pub password_hash: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// Two addresses with equal keys belong to one account.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

macro_rules! columns {
    () => {
        "id, email, name, role, locale, password_hash, created_at, updated_at, disabled_at"
    };
}

/// The account with this e-mail address.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<User>, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM users WHERE email_key = $1"))
        .bind(email_key(email))
        .fetch_optional()
        .await
}

/// The account with this id.
pub async fn by_id(db: &Db, id: UserId) -> Result<Option<User>, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM users WHERE id = $1")).bind(id).fetch_optional().await
}

/// The account, locked for the rest of the transaction.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, DbError> {
    tx.dialect(
        concat!("SELECT ", columns!(), " FROM users WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM users WHERE id = $1 FOR UPDATE"),
    )
    .bind(id)
    .fetch_optional()
    .await
}

/// Every account, oldest first.
pub async fn all(db: &Db) -> Result<Vec<User>, DbError> {
    db.read(concat!("SELECT ", columns!(), " FROM users ORDER BY id")).fetch_all().await
}

/// Whether there is any account: first-run set-up is open only while there is none.
pub async fn any(db: &Db) -> Result<bool, DbError> {
    let row: Option<(UserId,)> = db.read("SELECT id FROM users LIMIT 1").fetch_optional().await?;
    Ok(row.is_some())
}

/// The same inside a transaction.
pub async fn any_in(tx: &mut Tx) -> Result<bool, DbError> {
    let row: Option<(UserId,)> = tx.query("SELECT id FROM users LIMIT 1").fetch_optional().await?;
    Ok(row.is_some())
}

/// Adds an account; [`DbError::Duplicate`] when the address is taken.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO users (id, email, email_key, name, role, locale, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(user.id)
    .bind(user.email.clone())
    .bind(email_key(&user.email))
    .bind(user.name.clone())
    .bind(user.role)
    .bind(user.locale.clone())
    .bind(user.password_hash.clone())
    .bind(user.created_at)
    .execute()
    .await?;
    Ok(())
}

/// Changes what people may change about themselves.
pub async fn update_profile(
    tx: &mut Tx,
    id: UserId,
    name: String,
    locale: Option<String>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query("UPDATE users SET name = $2, locale = $3, updated_at = $4 WHERE id = $1")
        .bind(id)
        .bind(name)
        .bind(locale)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Replaces the password.
pub async fn set_password(tx: &mut Tx, id: UserId, hash: String, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(hash)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Closes an account (`Some`) or opens it again (`None`).
pub async fn set_disabled(
    tx: &mut Tx,
    id: UserId,
    disabled_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query("UPDATE users SET disabled_at = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(disabled_at)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
