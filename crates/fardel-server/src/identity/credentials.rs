//! Access tokens and API keys that were verified a moment ago.
//!
//! A signature is checked once per token. Whether its session or key still counts is asked of the
//! database at least every [`STATE_HOLDS`], so what is revoked anywhere ends everywhere within 5 s.

use std::time::Duration;

use fardel_db::{api_keys::ApiKeyState, sessions::SessionState};
use fardel_domain::{
    checksum::Sha256,
    id::{ApiKeyId, SessionId},
};
use moka::future::Cache;

use super::tokens::{self, AccessToken};

/// What an API key begins with.
pub const KEY_PREFIX: &str = "fardel_";
/// The prefix and 32 bytes in base64url.
pub const KEY_LENGTH: usize = KEY_PREFIX.len() + 43;
/// An answer of the database counts for so long.
const STATE_HOLDS: Duration = Duration::from_secs(4);
/// A key's last use is noted once in so long.
const TOUCH_EVERY: Duration = Duration::from_mins(1);
const REMEMBERED: u64 = 50_000;

/// What was verified a moment ago.
pub struct Credentials {
    pub(crate) tokens: Cache<Sha256, AccessToken>,
    pub(crate) sessions: Cache<SessionId, Option<SessionState>>,
    pub(crate) keys: Cache<Sha256, Option<ApiKeyState>>,
    pub(crate) touched: Cache<ApiKeyId, ()>,
}

impl Credentials {
    /// Nothing verified yet.
    pub fn new() -> Self {
        let builder = || Cache::builder().max_capacity(REMEMBERED);
        Self {
            tokens: builder().time_to_live(tokens::VALID_FOR).build(),
            sessions: Cache::builder().max_capacity(REMEMBERED).time_to_live(STATE_HOLDS).build(),
            keys: Cache::builder().max_capacity(REMEMBERED).time_to_live(STATE_HOLDS).build(),
            touched: Cache::builder().max_capacity(REMEMBERED).time_to_live(TOUCH_EVERY).build(),
        }
    }

    /// Forgets a session that this instance ended, so that it ends here at once.
    pub async fn forget_session(&self, id: SessionId) {
        self.sessions.invalidate(&id).await;
    }

    /// Forgets every session and key: after something that ended several.
    pub fn forget_all(&self) {
        self.sessions.invalidate_all();
        self.keys.invalidate_all();
    }
}
