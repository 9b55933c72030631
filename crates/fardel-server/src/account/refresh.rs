//! `POST /auth/refresh`: the next access token of a session, and its next refresh token.

use std::time::Duration;

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use fardel_db::{
    sessions::{self, Session},
    users,
};
use fardel_domain::{
    problem::{Problem, ProblemCode},
    time::Timestamp,
};

use super::session::{self, IDLE_FOR, RefreshToken, SignedIn};
use crate::{
    answer::{Answer, Failure, Json},
    app::App,
};

/// Two tabs may come with the same token at once: for so long the one before is still taken.
const GRACE: Duration = Duration::from_secs(10);

/// What a refresh token is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The newest one: it is replaced.
    Current,
    /// The one before, a moment ago: good for an access token, not for another refresh token.
    JustReplaced,
    /// An older one, so somebody has a copy: the session ends.
    Reused,
    /// The session has ended.
    Ended,
}

/// Refresh the access token
///
/// Takes the refresh token from the cookie and replaces it. A token that was replaced before ends
/// the whole session, for it was copied; only the one before the newest is taken for 10 s more
/// (then without a new cookie), because two tabs may refresh at once.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "account", security(()),
    responses((
        status = 200, description = "A new access token, and mostly a new cookie", body = SignedIn,
        headers(("Set-Cookie" = String, description = "`fardel_refresh`, sent back to /api/v1/auth only")),
    )),
)]
pub async fn refresh(State(app): State<App>, headers: HeaderMap) -> Answer<Response> {
    let Some(token) = RefreshToken::from_cookie(&headers) else { return Err(unauthenticated()) };
    let (id, now, next) = (token.session_id, app.clock.now(), RefreshToken::new(token.session_id));
    let next_hash = next.hash();
    let outcome = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(session) = sessions::lock(tx, id).await? else { return Ok(None) };
                let standing = standing(&session, &token, now);
                match standing {
                    Standing::Current => sessions::rotate(tx, id, next_hash, now, now + IDLE_FOR).await?,
                    Standing::Reused => {
                        sessions::revoke(tx, session.user_id, id, now).await?;
                    }
                    Standing::JustReplaced | Standing::Ended => {}
                }
                Ok::<_, Failure>(Some((standing, session.user_id)))
            })
        })
        .await?;
    let (standing, user_id) = outcome.ok_or_else(unauthenticated)?;
    if standing == Standing::Reused {
        tracing::warn!(session = %id, user = %user_id, "a replaced refresh token was used again: the session ends");
        app.identities.credentials.forget_session(id).await;
    }
    if matches!(standing, Standing::Reused | Standing::Ended) {
        return Err(unauthenticated());
    }
    let user = users::by_id(&app.db, user_id).await?.filter(|user| user.disabled_at.is_none());
    let answer = Json(session::signed_in(&app, user.ok_or_else(unauthenticated)?, id, now).await?);
    Ok(match standing {
        Standing::Current => (next.cookie(&app), answer).into_response(),
        _ => answer.into_response(),
    })
}

fn standing(session: &Session, token: &RefreshToken, now: Timestamp) -> Standing {
    let hash = token.hash();
    if session.revoked_at.is_some() || session.expires_at <= now {
        Standing::Ended
    } else if session.refresh_hash == hash.as_bytes() {
        Standing::Current
    } else if session.previous_hash.as_deref() == Some(hash.as_bytes()) && now.since(session.rotated_at) <= GRACE {
        Standing::JustReplaced
    } else {
        Standing::Reused
    }
}

fn unauthenticated() -> Failure {
    Problem::new(ProblemCode::Unauthenticated, "The session has ended. Sign in again.").into()
}

#[cfg(test)]
mod tests {
    use fardel_domain::id::{SessionId, UserId};

    use super::*;

    #[test]
    fn only_the_newest_token_counts_and_the_one_before_for_a_moment() {
        let now = Timestamp::from_seconds(1_000_000);
        let id = SessionId::new(now);
        let (current, previous, older) = (RefreshToken::new(id), RefreshToken::new(id), RefreshToken::new(id));
        let bytes = |token: &RefreshToken| token.hash().as_bytes().to_vec();
        let session = Session {
            id,
            user_id: UserId::new(now),
            refresh_hash: bytes(&current),
            previous_hash: Some(bytes(&previous)),
            rotated_at: now,
            user_agent: String::new(),
            address: String::new(),
            created_at: now,
            last_used_at: now,
            expires_at: now + IDLE_FOR,
            revoked_at: None,
        };
        let late = now + Duration::from_secs(11);
        assert_eq!(standing(&session, &current, late), Standing::Current);
        assert_eq!(standing(&session, &previous, now + GRACE), Standing::JustReplaced);
        assert_eq!(standing(&session, &previous, late), Standing::Reused);
        assert_eq!(standing(&session, &older, now), Standing::Reused);
        assert_eq!(standing(&session, &current, now + IDLE_FOR), Standing::Ended);
        let revoked = Session { revoked_at: Some(now), ..session };
        assert_eq!(standing(&revoked, &current, now), Standing::Ended);
    }
}
