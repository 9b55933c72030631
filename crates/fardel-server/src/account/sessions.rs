//! `/me/sessions`: where the caller is signed in.

use axum::{extract::State, http::StatusCode, response::Response};
use fardel_db::sessions;
use fardel_domain::{id::SessionId, problem::Problem, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    answer::{Answer, Failure, Path, Query},
    app::App,
    request::Person,
    request::paging::{PageQuery, Pagination, next_cursor, with_next_link},
};

/// A sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResource {
    /// The session's id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the browser or program called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/148.0")]
    pub user_agent: String,
    /// Where it signed in from.
    #[schema(example = "192.0.2.7")]
    pub address: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it last refreshed its access token.
    pub last_used_at: Timestamp,
}

/// A page of sessions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionPage {
    /// The sessions.
    pub items: Vec<SessionResource>,
    /// How to go on.
    pub pagination: Pagination,
}

/// List the own sessions
#[utoipa::path(
    get, path = "/me/sessions", operation_id = "listSessions", tag = "account", params(PageQuery),
    responses((status = 200, description = "Where the caller is signed in", body = SessionPage)),
)]
pub async fn list_sessions(State(app): State<App>, person: Person, Query(query): Query<PageQuery>) -> Answer<Response> {
    let limit = query.limit()?;
    let scope = format!("sessions {}", person.user_id);
    let after: Option<(i64, SessionId)> = query.position(&app, &scope)?;
    let after = after.unwrap_or((i64::MAX, Uuid::max().into()));
    let now = app.clock.now();
    let after = (Timestamp::from_micros(after.0), after.1);
    let mut rows = sessions::active(&app.db, person.user_id, now, after, limit + 1).await?;
    let total = sessions::count_active(&app.db, person.user_id, now).await?;
    let next_cursor = next_cursor(&app, &scope, &mut rows, limit, |last| (last.created_at.micros(), last.id));
    let items = rows
        .into_iter()
        .map(|row| SessionResource {
            id: row.id,
            current: row.id == person.session_id,
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
        .collect();
    let pagination = Pagination { limit, page: None, total, next_cursor };
    Ok(with_next_link("/api/v1/me/sessions", &[], &pagination.clone(), SessionPage { items, pagination }))
}

/// Sign out everywhere else
///
/// Ends every session of the caller but the one that asks.
#[utoipa::path(
    delete, path = "/me/sessions", operation_id = "endOtherSessions", tag = "account",
    responses((status = 204, description = "Only the present session is left")),
)]
pub async fn end_other_sessions(State(app): State<App>, person: Person) -> Answer<StatusCode> {
    let now = app.clock.now();
    app.db
        .write(move |tx| Box::pin(sessions::revoke_others(tx, person.user_id, Some(person.session_id), now)))
        .await
        .map_err(Failure::from)?;
    app.identities.credentials.forget_all();
    Ok(StatusCode::NO_CONTENT)
}

/// End one of the own sessions
///
/// It ends within 5 s on every server. One that has ended already is no error.
#[utoipa::path(
    delete, path = "/me/sessions/{sessionId}", operation_id = "endSession", tag = "account",
    params(("sessionId" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "Ended")),
)]
pub async fn end_session(State(app): State<App>, person: Person, Path(id): Path<SessionId>) -> Answer<StatusCode> {
    let (user, now) = (person.user_id, app.clock.now());
    let ended = app.db.write(move |tx| Box::pin(sessions::revoke(tx, user, id, now))).await.map_err(Failure::from)?;
    app.identities.credentials.forget_session(id).await;
    if !ended && sessions::state(&app.db, id).await?.is_none_or(|state| state.user_id != user) {
        return Err(Problem::forbidden().into());
    }
    Ok(StatusCode::NO_CONTENT)
}
