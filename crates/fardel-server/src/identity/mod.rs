//! What proves who somebody is, and what is remembered of it: keys, tokens, passwords, throttling.

mod client_address;
mod credentials;
mod keys;
pub mod passwords;
pub mod throttle;
pub mod tokens;

use std::{path::PathBuf, sync::OnceLock};

pub use self::{
    client_address::{ClientAddress, Network},
    credentials::{Credentials, KEY_LENGTH, KEY_PREFIX},
    keys::{KeySet, TokenKeys},
};

/// What is remembered in memory.
pub struct Identities {
    /// Credentials that were verified a moment ago.
    pub credentials: Credentials,
    /// The hashing of passwords, so many at a time.
    pub passwords: passwords::Passwords,
    /// Failed sign-ins.
    pub throttle: throttle::Throttle,
    /// Where the one-time code was left for those who do not see the terminal.
    pub setup_code_file: OnceLock<PathBuf>,
}

impl Identities {
    /// Nothing is remembered yet; `login` attempts a minute are free.
    pub fn new(login: u32) -> Self {
        Self {
            credentials: Credentials::new(),
            passwords: passwords::Passwords::new(),
            throttle: throttle::Throttle::new(login),
            setup_code_file: OnceLock::new(),
        }
    }
}
