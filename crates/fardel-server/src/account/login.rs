//! `POST /auth/login`: an e-mail address and a password for a session.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use fardel_db::{
    sessions,
    users::{self, email_key},
};
use fardel_domain::problem::{FieldError, Problem, ProblemCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::{self, Client, SignedIn};
use crate::{
    answer::{Answer, Failure, Json},
    app::App,
    identity::passwords,
};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's address.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// Its password.
    #[schema(example = "correct horse battery", format = Password)]
    pub password: String,
}

/// Sign in
///
/// Attempts get slower for each account and network (429 `rate-limited`). An unknown address, a
/// wrong password and a closed account answer alike.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "account", security(()), request_body = Login,
    responses((
        status = 200, description = "Signed in; the refresh token is in the cookie", body = SignedIn,
        headers(("Set-Cookie" = String, description = "`fardel_refresh`, sent back to /api/v1/auth only")),
    )),
)]
pub async fn login(State(app): State<App>, client: Client, Json(request): Json<Login>) -> Answer<Response> {
    check_lengths(&request)?;
    let now = app.clock.now();
    let account = &app.identities;
    let attempt = account.throttle.admit(&email_key(&request.email), client.network(), now).await?;
    let user = users::by_email(&app.db, &request.email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = account.passwords.verify(request.password, hash).await?;
    let Some(user) = user.filter(|user| is_right && user.disabled_at.is_none()) else {
        return Err(Problem::new(ProblemCode::InvalidCredentials, "Check the e-mail address and the password.").into());
    };
    account.throttle.succeeded(attempt).await;

    let (session, token) = session::begin(user.id, &client, now);
    let id = session.id;
    app.db
        .write(move |tx| Box::pin(async move { sessions::insert(tx, &session).await.map_err(Failure::from) }))
        .await?;
    tracing::info!(user = %user.id, session = %id, "signed in");
    Ok((token.cookie(&app), Json(session::signed_in(&app, user, id, now).await?)).into_response())
}

/// Nothing is hashed or looked up that could not be right.
fn check_lengths(request: &Login) -> Result<(), Problem> {
    let limits = [("/email", request.email.len(), 254), ("/password", request.password.len(), passwords::MOST_BYTES)];
    let errors: Vec<_> = limits
        .into_iter()
        .filter(|(_, length, most)| length > most)
        .map(|(pointer, _, most)| FieldError {
            pointer: pointer.to_owned(),
            detail: format!("is longer than {most} bytes"),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}
