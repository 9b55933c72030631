//! `POST /auth/logout`: ends the session.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use fardel_db::sessions;

use super::session::{RefreshToken, removed_cookie};
use crate::{
    answer::{Answer, Failure},
    app::App,
    request::Person,
};

/// Sign out
///
/// Ends the session of the access token and that of the cookie, and takes the cookie away. Repeating
/// it, or having no session, is no error.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "account", security((), ("bearer" = [])),
    responses((status = 204, description = "Signed out")),
)]
pub async fn logout(State(app): State<App>, person: Result<Person, Failure>, headers: HeaderMap) -> Answer<Response> {
    let now = app.clock.now();
    let by_token = person.ok();
    let by_cookie = RefreshToken::from_cookie(&headers);
    let cookie_session = by_cookie.as_ref().map(|token| token.session_id);
    if by_token.is_some() || by_cookie.is_some() {
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(person) = by_token {
                        sessions::revoke(tx, person.user_id, person.session_id, now).await?;
                    }
                    if let Some(token) = by_cookie
                        && let Some(session) = sessions::lock(tx, token.session_id).await?
                    {
                        let (hash, id) = (token.hash(), token.session_id);
                        let is_known = session.refresh_hash == hash.as_bytes()
                            || session.previous_hash.as_deref() == Some(hash.as_bytes());
                        if is_known {
                            sessions::revoke(tx, session.user_id, id, now).await?;
                        }
                    }
                    Ok::<_, Failure>(())
                })
            })
            .await?;
    }
    for id in by_token.map(|person| person.session_id).into_iter().chain(cookie_session) {
        app.identities.credentials.forget_session(id).await;
    }
    Ok((StatusCode::NO_CONTENT, removed_cookie(&app)).into_response())
}
