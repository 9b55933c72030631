//! Passwords: what is allowed, and Argon2id hashes of them.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use fardel_domain::problem::Problem;
use tokio::sync::Semaphore;

use crate::answer::{Answer, Failure};

/// The fewest and the most characters of a new password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=256;
/// Longer texts are refused before they are hashed.
pub const MOST_BYTES: usize = 1_024;
/// Whoever waits longer for a free hasher is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
static ARGON2: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params = Params::new(19 * 1_024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// The hash of a password that nobody has: an unknown account costs the same time as a known one.
static NOBODYS_HASH: LazyLock<String> =
    LazyLock::new(|| hash_now(&hex::encode(rand::random::<[u8; 16]>())).unwrap_or_default());

/// Hashes and checks passwords, so many at a time that memory and cores stay free for others.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
}

impl Passwords {
    /// Two slots a core.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { slots: Arc::new(Semaphore::new(2 * cores)) }
    }

    /// The hash of a new password, in PHC form.
    pub async fn hash(&self, password: String) -> Answer<String> {
        self.run(move || hash_now(&password)).await?.ok_or_else(|| Problem::internal().into())
    }

    /// Whether `password` belongs to `hash`. Without a hash the answer is no, after the same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Answer<bool> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS_HASH.clone());
            let fits =
                PasswordHash::new(&hash).is_ok_and(|hash| ARGON2.verify_password(password.as_bytes(), &hash).is_ok());
            fits && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let slot = tokio::time::timeout(PATIENCE, Arc::clone(&self.slots).acquire_owned());
        let Ok(Ok(slot)) = slot.await else {
            return Err(Problem::unavailable("Sign-in").into());
        };
        let done = tokio::task::spawn_blocking(move || {
            let output = work();
            drop(slot);
            output
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Failure::from(Problem::internal())
        })
    }
}

/// Checks a new password; the detail completes "the password …".
pub fn check_new(password: &str) -> Result<(), &'static str> {
    if !LENGTH.contains(&password.chars().count()) || password.len() > MOST_BYTES {
        return Err("must have 10 to 256 characters");
    }
    Ok(())
}

fn hash_now(password: &str) -> Option<String> {
    let hash: Result<PasswordHash, _> = ARGON2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterx".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("anything".to_owned(), Some("no hash".to_owned())).await.unwrap());
        assert!(!passwords.verify("anything".to_owned(), None).await.unwrap());
    }

    #[test]
    fn a_new_password_has_10_to_256_characters() {
        for (password, allowed) in [("123456789", false), ("1234567890", true), ("ääääääääää", true)] {
            assert_eq!(check_new(password).is_ok(), allowed, "{password}");
        }
        assert!(check_new(&"a".repeat(256)).is_ok());
        assert!(check_new(&"a".repeat(257)).is_err());
        assert!(check_new(&"\u{1f600}".repeat(257)).is_err());
    }
}
