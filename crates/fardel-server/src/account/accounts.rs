//! Making and keeping accounts: the rules of an account in one place, for set-up and command line.

use fardel_db::{
    Db, DbError, Tx, drives, sessions,
    users::{self, User},
};
use fardel_domain::{
    id::{DriveId, UserId},
    problem::Problem,
    rights::Role,
    time::{Clock, Timestamp},
};

use crate::{
    answer::Failure,
    identity::passwords::{self, Passwords},
};

/// Why an account was not made or changed. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not the form of an e-mail address.
    #[error("the e-mail address {0}")]
    Email(&'static str),
    /// Not fit to be shown as a name.
    #[error("the name {0}")]
    Name(&'static str),
    /// Too short or too long.
    #[error("the password {0}")]
    Password(&'static str),
    /// Another account has the address.
    #[error("an account with this e-mail address exists already")]
    EmailTaken,
    /// No account has the address.
    #[error("no account has this e-mail address; `fardel user list` shows those there are")]
    Unknown,
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hashing,
    /// The database failed.
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for AccountError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Duplicate(_) => Self::EmailTaken,
            other => Self::Database(other),
        }
    }
}

/// Checks an e-mail address; the text completes "the e-mail address …".
pub fn check_email(email: &str) -> Result<(), &'static str> {
    if email.len() > 254 {
        return Err("is longer than 254 bytes");
    }
    let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>' | '"' | '\\');
    match email.split_once('@') {
        Some((mailbox, host)) if !mailbox.is_empty() && !host.is_empty() && !host.contains('@') => {
            if email.contains(unfit) { Err("holds characters that no address has") } else { Ok(()) }
        }
        _ => Err("must have the form name@host"),
    }
}

/// Checks a person's or a key's name; the text completes "the name …".
pub fn check_name(name: &str) -> Result<(), &'static str> {
    // Direction marks and zero-width characters make a name look like another.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if name.trim().is_empty() {
        Err("is empty; give at least one visible character")
    } else if name.chars().count() > 100 {
        Err("is longer than 100 characters; shorten it")
    } else if name.contains(hidden) {
        Err("holds a control or invisible formatting character; remove it")
    } else {
        Ok(())
    }
}

/// A user who is to be added, with an e-mail address and a name that were checked.
pub(super) struct NewUser {
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub role: Role,
    pub quota: Option<u64>,
    pub now: Timestamp,
}

/// Adds a user with a drive.
pub(super) async fn insert(tx: &mut Tx, new: NewUser) -> Result<User, DbError> {
    let user = User {
        id: UserId::new(new.now),
        email: new.email,
        name: new.name,
        role: new.role,
        locale: None,
        password_hash: new.password_hash,
        created_at: new.now,
        updated_at: new.now,
        disabled_at: None,
    };
    users::insert(tx, &user).await?;
    let quota = new.quota.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    drives::insert(tx, DriveId::new(new.now), user.id, quota, new.now).await?;
    Ok(user)
}

/// Makes an account with a drive of `quota` bytes (`None`: no limit).
pub async fn create_user(
    db: &Db,
    clock: &Clock,
    email: &str,
    name: &str,
    password: &str,
    role: Role,
    quota: Option<u64>,
) -> Result<UserId, AccountError> {
    check_email(email).map_err(AccountError::Email)?;
    check_name(name).map_err(AccountError::Name)?;
    let password_hash = hash(password).await?;
    let (email, name, now) = (email.to_owned(), name.to_owned(), clock.now());
    let new = NewUser { email, name, password_hash, role, quota, now };
    let user = db.write(move |tx| Box::pin(async move { Ok::<_, AccountError>(insert(tx, new).await?) })).await?;
    Ok(user.id)
}

/// Closes an account: its sessions and keys end within 5 s, its files stay.
pub async fn disable(db: &Db, clock: &Clock, email: &str) -> Result<(), AccountError> {
    let (user, now) = (by_email(db, email).await?, clock.now());
    db.write(move |tx| {
        Box::pin(async move {
            users::set_disabled(tx, user.id, Some(now), now).await?;
            sessions::revoke_others(tx, user.id, None, now).await?;
            Ok(())
        })
    })
    .await
}

/// Opens a closed account again. Its sessions stay ended.
pub async fn enable(db: &Db, clock: &Clock, email: &str) -> Result<(), AccountError> {
    let (user, now) = (by_email(db, email).await?, clock.now());
    db.write(move |tx| Box::pin(async move { Ok(users::set_disabled(tx, user.id, None, now).await?) })).await
}

/// Gives an account a new password and ends its sessions.
pub async fn reset_password(db: &Db, clock: &Clock, email: &str, password: &str) -> Result<(), AccountError> {
    let (user, hash, now) = (by_email(db, email).await?, hash(password).await?, clock.now());
    db.write(move |tx| {
        Box::pin(async move {
            users::set_password(tx, user.id, hash, now).await?;
            sessions::revoke_others(tx, user.id, None, now).await?;
            Ok(())
        })
    })
    .await
}

/// Every account, oldest first.
pub async fn list(db: &Db) -> Result<Vec<User>, AccountError> {
    Ok(users::all(db).await?)
}

async fn by_email(db: &Db, email: &str) -> Result<User, AccountError> {
    users::by_email(db, email).await?.ok_or(AccountError::Unknown)
}

async fn hash(password: &str) -> Result<String, AccountError> {
    passwords::check_new(password).map_err(AccountError::Password)?;
    Passwords::new().hash(password.to_owned()).await.map_err(|_| AccountError::Hashing)
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Email(detail) => Problem::field("/email", detail).into(),
            AccountError::Name(detail) => Problem::field("/name", detail).into(),
            AccountError::Password(detail) => Problem::field("/password", detail).into(),
            AccountError::EmailTaken => Problem::field("/email", "belongs to another account").into(),
            AccountError::Unknown | AccountError::Hashing => Problem::internal().into(),
            AccountError::Database(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_at_sign_and_nothing_that_breaks_a_header() {
        for good in ["ada@example.org", "a+b@x", "jörg@bücher.example"] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in ["", "ada", "@x", "a@", "a@b@c", "a @b", "a@b\r\nBcc: c@d", "a@x,b", "<a@b>", "a@b\0", " a@b"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
        assert!(check_email(&format!("{}@x", "a".repeat(253))).is_err());
    }

    #[test]
    fn names_are_short_and_visible() {
        for good in ["Ada", "Ada Lovelace", "李雷", "<b>"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "a\u{200b}b", "\u{1b}[31m"] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name(&"a".repeat(101)).is_err());
    }
}
