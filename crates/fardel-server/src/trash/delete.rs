//! `DELETE /files/{fileId}`: move a file or folder to the trash.

use std::time::Duration;

use axum::{extract::State, http::HeaderMap};
use fardel_db::{changes, drives, files};
use fardel_domain::{id::FileId, problem::Problem, rights::Right, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access,
    answer::{Answer, Failure, Json, Path, etag},
    app::App,
    request::Caller,
};

/// When it went to the trash, and how long it can come back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// When it will be removed for good.
    pub purge_at: Timestamp,
}

/// Move to the trash
///
/// A folder takes along what is in it. A repeat answers the same. The trash counts against the quota.
#[utoipa::path(
    delete, path = "/files/{fileId}", operation_id = "deleteFile", tag = "trash",
    params(("fileId" = FileId, Path, description = "The file")),
    responses((status = 200, description = "It is in the trash", body = Deleted)),
)]
pub async fn delete_file(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
) -> Answer<Json<Deleted>> {
    let granted = access::check(&app, &actor, id, Right::Delete).await?;
    let drive_id = granted.file.drive_id;
    let if_match = etag::IfMatch::from(&headers);
    let now = app.clock.now();
    let kept_for = Duration::from_hours(u64::from(app.settings.trash_days) * 24);
    let deleted = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                drives::lock(tx, drive_id).await?;
                let file = files::by_id_in(tx, id).await?.ok_or_else(Problem::forbidden)?;
                if let (Some(deleted_at), Some(purge_at)) = (file.deleted_at, file.purge_at) {
                    return Ok(Deleted { deleted_at, purge_at });
                }
                if_match.check(&etag::of_version(file.version))?;
                let purge_at = now + kept_for;
                files::set_deleted(tx, id, Some((now, purge_at)), now).await?;
                files::count_child(tx, drive_id, file.parent_id, -1).await?;
                changes::record(tx, drive_id, id, changes::Op::Remove, now).await?;
                Ok::<_, Failure>(Deleted { deleted_at: now, purge_at })
            })
        })
        .await?;
    Ok(Json(deleted))
}
