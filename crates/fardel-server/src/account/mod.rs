//! Accounts: first-run set-up, sign-in, sessions, API keys, and what people change about themselves.

pub mod accounts;
mod api_keys;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod session;
mod sessions;
pub mod setup;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, request::idempotent};

/// The routes of this flow, below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(setup::setup_state, setup::set_up))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(me::get_me, me::update_me))
        .routes(routes!(password::change_password))
        .routes(routes!(sessions::list_sessions, sessions::end_other_sessions))
        .routes(routes!(sessions::end_session))
        .merge(idempotent(OpenApiRouter::new().routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))))
        .routes(routes!(api_keys::delete_api_key))
}
