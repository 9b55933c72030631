//! What a bearer is worth: access tokens and API keys, verified and remembered for a moment.
//!
//! A signature is checked once per token. Whether its session or key still counts is asked of the
//! database at least every [`STATE_HOLDS`], so what is revoked anywhere ends everywhere within 5 s.

use std::time::Duration;

use fardel_db::{
    api_keys::{self, ApiKeyState, scopes_from_text},
    sessions::{self, SessionState},
};
use fardel_domain::{
    checksum::Sha256,
    id::{ApiKeyId, SessionId},
    problem::{Problem, ProblemCode},
    rights::{Actor, Credential},
};
use moka::future::Cache;

use super::tokens::{self, AccessToken};
use crate::{
    app::App,
    gateway::{Answer, Failure},
};

/// What an API key begins with.
pub const KEY_PREFIX: &str = "fardel_";
/// The prefix and 32 bytes in base64url.
const KEY_LENGTH: usize = KEY_PREFIX.len() + 43;
/// An answer of the database counts for so long.
const STATE_HOLDS: Duration = Duration::from_secs(4);
/// A key's last use is noted once in so long.
const TOUCH_EVERY: Duration = Duration::from_mins(1);
const REMEMBERED: u64 = 50_000;

/// What was verified a moment ago.
pub struct Credentials {
    tokens: Cache<Sha256, AccessToken>,
    sessions: Cache<SessionId, Option<SessionState>>,
    keys: Cache<Sha256, Option<ApiKeyState>>,
    touched: Cache<ApiKeyId, ()>,
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

/// The actor behind a bearer, or 401 `unauthenticated`: one answer whatever is wrong with it.
pub async fn verify(app: &App, bearer: &str) -> Answer<Actor> {
    let actor = if bearer.starts_with(KEY_PREFIX) { by_key(app, bearer).await? } else { by_token(app, bearer).await? };
    actor.ok_or_else(|| {
        Problem::new(ProblemCode::Unauthenticated, "The access token or API key does not hold any more. Sign in again.")
            .into()
    })
}

async fn by_token(app: &App, token: &str) -> Answer<Option<Actor>> {
    if token.len() > tokens::LONGEST {
        return Ok(None);
    }
    let (known, now) = (&app.gateway.account.credentials, app.clock.now());
    let digest = Sha256::of(token.as_bytes());
    let access = match known.tokens.get(&digest).await {
        Some(access) if access.expires_at > now => access,
        Some(_) => return Ok(None),
        None => {
            let Some(access) = tokens::verify(&app.token_keys, app.settings.public_url.as_str(), token, now) else {
                return Ok(None);
            };
            known.tokens.insert(digest, access).await;
            access
        }
    };
    let id = access.session_id;
    let load = async { sessions::state(&app.db, id).await.map_err(Failure::from) };
    let state = known.sessions.try_get_with(id, load).await.map_err(|failure| Failure::clone(&failure))?;
    Ok(state.filter(|state| state.holds(now) && state.user_id == access.user_id).map(|state| Actor {
        user_id: state.user_id,
        role: state.role,
        credential: Credential::Session(id),
        valid_until: Some(state.expires_at),
    }))
}

async fn by_key(app: &App, key: &str) -> Answer<Option<Actor>> {
    if key.len() != KEY_LENGTH {
        return Ok(None);
    }
    let (known, now) = (&app.gateway.account.credentials, app.clock.now());
    let digest = Sha256::of(key.as_bytes());
    let load = async { api_keys::state(&app.db, digest).await.map_err(Failure::from) };
    let state = known.keys.try_get_with(digest, load).await.map_err(|failure| Failure::clone(&failure))?;
    let Some(state) = state.filter(|state| state.holds(now)) else { return Ok(None) };
    touch(app, state.id).await;
    Ok(Some(Actor {
        user_id: state.user_id,
        role: state.role,
        credential: Credential::ApiKey(state.id, scopes_from_text(&state.scopes)),
        valid_until: state.expires_at,
    }))
}

/// Notes the use without making the request wait.
async fn touch(app: &App, id: ApiKeyId) {
    if !app.gateway.account.credentials.touched.entry(id).or_insert(()).await.is_fresh() {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        let now = app.clock.now();
        if let Err(error) = app.db.write(move |tx| Box::pin(api_keys::touch(tx, id, now))).await {
            let error: fardel_db::DbError = error;
            tracing::warn!(%error, "a key's use could not be noted");
        }
    });
}
