//! Accounts: first-run set-up, sign-in, sessions, API keys, and what people change about themselves.

pub mod accounts;
mod api_keys;
pub(crate) mod credentials;
mod keys;
mod login;
mod logout;
mod me;
mod password;
mod passwords;
mod refresh;
mod session;
mod sessions;
pub mod setup;
mod throttle;
mod tokens;

use std::{path::PathBuf, sync::OnceLock};

use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::keys::{KeySet, TokenKeys};
use crate::{
    app::{App, Settings},
    gateway::idempotent,
};

/// What this flow remembers in memory.
pub(crate) struct AccountState {
    pub(crate) credentials: credentials::Credentials,
    passwords: passwords::Passwords,
    throttle: throttle::Throttle,
    setup_code_file: OnceLock<PathBuf>,
}

impl AccountState {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            credentials: credentials::Credentials::new(),
            passwords: passwords::Passwords::new(),
            throttle: throttle::Throttle::new(settings.rate_limits.login),
            setup_code_file: OnceLock::new(),
        }
    }
}

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
