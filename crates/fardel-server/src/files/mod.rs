//! Files and folders: list, get, make folders, rename, move, star.

mod create_folder;
mod get;
mod list;
mod resource;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    create_folder::name_taken,
    resource::{FileResource, resource_of},
};
use crate::{app::App, request::idempotent};

/// The routes of this flow, below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(idempotent(OpenApiRouter::new().routes(routes!(list::list_files, create_folder::create_folder))))
        .routes(routes!(get::get_file, update::update_file))
}
