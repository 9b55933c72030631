//! Upload: presign → bytes go straight to the object store → complete (parts) → confirm.

mod abort;
mod admission;
mod become_file;
mod complete;
mod confirm;
pub mod jobs;
mod parts;
mod presign;
mod resume;
mod signing;

use fardel_db::uploads::{self, Upload};
use fardel_domain::{
    id::FileId,
    problem::Problem,
    rights::{Actor, Right, Scope},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{answer::Answer, app::App, request::idempotent};

/// The routes of this flow, below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(idempotent(OpenApiRouter::new().routes(routes!(presign::presign_upload))))
        .routes(routes!(parts::sign_parts))
        .routes(routes!(resume::get_upload, abort::abort_upload))
        .routes(routes!(resume::list_uploads))
        .routes(routes!(complete::complete_multipart))
        .routes(routes!(confirm::confirm_upload))
}

/// The caller's own upload; one answer for another's and for none.
async fn own_upload(app: &App, actor: &Actor, id: FileId) -> Answer<Option<Upload>> {
    if !actor.has_scope(Scope::for_right(Right::Write)) {
        return Err(Problem::forbidden().into());
    }
    Ok(uploads::by_id(&app.db, id).await?.filter(|upload| upload.user_id == actor.user_id))
}
