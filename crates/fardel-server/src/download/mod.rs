//! Download: the right is checked here, the bytes come from the edge by a signed URL.

mod origin;
mod url;

use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::origin::DatabaseOrigin;
use crate::app::App;

/// The routes of this flow, below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(url::download_file))
}
