//! Delete and restore: out of sight at once, back as it was.

mod delete;
mod restore;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// The routes of this flow, below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(delete::delete_file)).routes(routes!(restore::restore_file))
}
