//! What a bearer is worth.

use fardel_db::{
    api_keys::{self, scopes_from_text},
    sessions,
};
use fardel_domain::{
    checksum::Sha256,
    id::ApiKeyId,
    problem::{Problem, ProblemCode},
    rights::{Actor, Credential},
};

use crate::{
    answer::{Answer, Failure},
    app::App,
    identity::{KEY_LENGTH, KEY_PREFIX, tokens},
};

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
    let (known, now) = (&app.identities.credentials, app.clock.now());
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
    let (known, now) = (&app.identities.credentials, app.clock.now());
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
    if !app.identities.credentials.touched.entry(id).or_insert(()).await.is_fresh() {
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
