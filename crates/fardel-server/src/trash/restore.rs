//! `POST /files/{fileId}/restore`: out of the trash, back to its place.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use fardel_db::{changes, drives, files};
use fardel_domain::{id::FileId, name::FileName, problem::Problem, rights::Right};

use crate::{
    access::{self, still_active},
    answer::{Answer, Failure, Json, Path, etag},
    app::App,
    files::{FileResource, resource_of},
    request::Caller,
};

/// Restore from the trash
///
/// To where it was; to the top of the drive when its folder is gone or in the trash itself. Takes
/// the next free name when its own is taken. A repeat answers the same.
#[utoipa::path(
    post, path = "/files/{fileId}/restore", operation_id = "restoreFile", tag = "trash",
    params(("fileId" = FileId, Path, description = "The file")),
    responses((status = 200, description = "The file at its place", body = FileResource)),
)]
pub async fn restore_file(State(app): State<App>, Caller(actor): Caller, Path(id): Path<FileId>) -> Answer<Response> {
    let granted = access::check(&app, &actor, id, Right::Delete).await?;
    let drive_id = granted.file.drive_id;
    let now = app.clock.now();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                drives::lock(tx, drive_id).await?;
                let file = files::by_id_in(tx, id).await?.ok_or_else(Problem::forbidden)?;
                if file.deleted_at.is_none() {
                    return Ok(());
                }
                let parent_id =
                    if still_active(tx, drive_id, file.parent_id).await? { file.parent_id } else { drive_id.root() };
                let name = FileName::parse(&file.name).map_err(|_| Problem::internal())?;
                let name = files::free_name(tx, parent_id, &name).await?;
                files::place(tx, id, parent_id, &name, now).await?;
                files::set_deleted(tx, id, None, now).await?;
                files::count_child(tx, drive_id, parent_id, 1).await?;
                changes::record(tx, drive_id, id, changes::Op::Upsert, now).await?;
                Ok::<_, Failure>(())
            })
        })
        .await?;
    let granted = access::check(&app, &actor, id, Right::Read).await?;
    let etag = etag::header(&etag::of_version(granted.file.version));
    Ok((etag, Json(resource_of(&app, &actor, granted.file, &granted.path).await?)).into_response())
}
