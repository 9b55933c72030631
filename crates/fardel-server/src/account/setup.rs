//! First run: a one-time code opens the page on which the first administrator is made.

use std::{path::PathBuf, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fardel_db::{DbError, sessions, setup_codes, users};
use fardel_domain::{
    checksum::Sha256,
    problem::{FieldError, Problem, ProblemCode},
    rights::Role,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    accounts::{self, NewUser},
    session::{self, Client, SignedIn},
};
use crate::{
    answer::{Answer, Failure, Json},
    app::App,
    identity::passwords,
};

/// A code opens set-up for so long; a restart makes a new one.
const VALID_FOR: Duration = Duration::from_hours(1);

/// Makes a code (128 bits) when there is no account yet, and voids those before it. Show it to the
/// operator only, as `…/setup#code=…`: whoever has it becomes the administrator.
pub async fn open_setup(app: &App) -> Result<Option<String>, DbError> {
    if users::any(&app.db).await? {
        return Ok(None);
    }
    let code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let (hash, expires_at) = (Sha256::of(code.as_bytes()), app.clock.now() + VALID_FOR);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                setup_codes::clear(tx).await?;
                setup_codes::insert(tx, hash, expires_at).await
            })
        })
        .await?;
    Ok(Some(code))
}

/// Names the file in which the operator finds the code, so that it goes with the code.
pub fn code_is_in(app: &App, file: PathBuf) {
    let _ = app.identities.setup_code_file.set(file);
}

/// Whether the first account is still to be made.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupState {
    /// Until there is an account.
    pub open: bool,
}

/// Whether set-up is open
#[utoipa::path(
    get, path = "/auth/setup", operation_id = "getSetup", tag = "account", security(()),
    responses((status = 200, description = "Whether the first account is still to be made", body = SetupState)),
)]
pub async fn setup_state(State(app): State<App>) -> Answer<Json<SetupState>> {
    Ok(Json(SetupState { open: !users::any(&app.db).await? }))
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The one-time code that the server printed at its start.
    #[schema(example = "S4mpl3C0de-only_22char")]
    pub code: String,
    /// The address to sign in with.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// The name that others see.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// 10 to 256 characters.
    #[schema(example = "correct horse battery", format = Password, min_length = 10, max_length = 256)]
    pub password: String,
}

/// Make the first account
///
/// Works once, with the code that the server printed; the answer is that of a sign-in.
#[utoipa::path(
    post, path = "/auth/setup", operation_id = "setUp", tag = "account", security(()), request_body = SetUp,
    responses((
        status = 201, description = "The account was made and is signed in", body = SignedIn,
        headers(("Set-Cookie" = String, description = "`fardel_refresh`, sent back to /api/v1/auth only")),
    )),
)]
pub async fn set_up(State(app): State<App>, client: Client, Json(request): Json<SetUp>) -> Answer<Response> {
    if users::any(&app.db).await? {
        return Err(closed());
    }
    check(&request)?;
    let now = app.clock.now();
    let account = &app.identities;
    let attempt = account.throttle.admit("setup", client.network(), now).await?;
    let code = Sha256::of(request.code.as_bytes());
    // A wrong code is not worth a hash.
    let is_valid = app.db.write(move |tx| Box::pin(setup_codes::is_valid(tx, code, now))).await?;
    if !is_valid {
        return Err(closed());
    }
    let password_hash = account.passwords.hash(request.password).await?;
    let new = NewUser {
        email: request.email,
        name: request.name,
        password_hash,
        role: Role::Admin,
        quota: app.settings.default_quota,
        now,
    };
    let (user, id, token) = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                setup_codes::lock(tx).await?;
                if users::any_in(tx).await? || !setup_codes::is_valid(tx, code, now).await? {
                    return Err(closed());
                }
                let user = accounts::insert(tx, new).await?;
                let (session, token) = session::begin(user.id, &client, now);
                sessions::insert(tx, &session).await?;
                setup_codes::clear(tx).await?;
                Ok::<_, Failure>((user, session.id, token))
            })
        })
        .await?;
    account.throttle.succeeded(attempt).await;
    if let Some(file) = account.setup_code_file.get()
        && let Err(error) = tokio::fs::remove_file(file).await
    {
        tracing::warn!(%error, file = %file.display(), "the used set-up code could not be removed");
    }
    tracing::info!(user = %user.id, "the first administrator was made; set-up is closed");
    let answer = Json(session::signed_in(&app, user, id, now).await?);
    Ok((StatusCode::CREATED, token.cookie(&app), answer).into_response())
}

fn check(request: &SetUp) -> Result<(), Problem> {
    let checks = [
        ("/email", accounts::check_email(&request.email)),
        ("/name", accounts::check_name(&request.name)),
        ("/password", passwords::check_new(&request.password)),
    ];
    let errors: Vec<_> = checks
        .into_iter()
        .filter_map(|(pointer, outcome)| {
            outcome.err().map(|detail| FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() })
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

fn closed() -> Failure {
    let detail = "Set-up is over, or the code is wrong or older than an hour. Restart the server for a new code.";
    Problem::new(ProblemCode::SetupClosed, detail).into()
}
