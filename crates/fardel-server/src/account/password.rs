//! `POST /me/password`: a new password, which ends every other session.

use axum::{extract::State, http::StatusCode};
use fardel_db::{sessions, users};
use fardel_domain::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::Client;
use crate::{
    answer::{Answer, Failure, Json},
    app::App,
    identity::passwords,
    request::Person,
};

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    #[schema(example = "correct horse battery", format = Password)]
    pub current_password: String,
    /// 10 to 256 characters.
    #[schema(example = "staple the other horse", format = Password, min_length = 10, max_length = 256)]
    pub new_password: String,
}

/// Change the password
///
/// Ends all other sessions within 5 s; the present one and API keys stay.
#[utoipa::path(
    post, path = "/me/password", operation_id = "changePassword", tag = "account", request_body = ChangePassword,
    responses((status = 204, description = "Changed")),
)]
pub async fn change_password(
    State(app): State<App>,
    person: Person,
    client: Client,
    Json(request): Json<ChangePassword>,
) -> Answer<StatusCode> {
    passwords::check_new(&request.new_password).map_err(|detail| Problem::field("/newPassword", detail))?;
    if request.current_password.len() > passwords::MOST_BYTES {
        return Err(Problem::field("/currentPassword", "is longer than 1024 bytes").into());
    }
    let account = &app.identities;
    let now = app.clock.now();
    // Whoever holds a stolen token must not guess faster here than at sign-in.
    let attempt = account.throttle.admit(&person.user_id.to_string(), client.network(), now).await?;
    let user = users::by_id(&app.db, person.user_id).await?.ok_or_else(Problem::internal)?;
    if !account.passwords.verify(request.current_password, Some(user.password_hash)).await? {
        return Err(Problem::field("/currentPassword", "is not the present password").into());
    }
    account.throttle.succeeded(attempt).await;
    let hash = account.passwords.hash(request.new_password).await?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                users::set_password(tx, person.user_id, hash, now).await?;
                sessions::revoke_others(tx, person.user_id, Some(person.session_id), now).await?;
                Ok::<_, Failure>(())
            })
        })
        .await?;
    account.credentials.forget_all();
    tracing::info!(user = %person.user_id, "the password was changed");
    Ok(StatusCode::NO_CONTENT)
}
