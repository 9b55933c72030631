//! `DELETE /files/{fileId}/upload`: give an upload up and free what has arrived.

use axum::{extract::State, http::StatusCode};
use fardel_db::{
    drives, jobs,
    uploads::{self, Upload, UploadState},
};
use fardel_domain::{
    id::{FileId, JobId},
    problem::{Problem, ProblemCode},
};

use super::{jobs::FreeObject, own_upload};
use crate::{
    answer::{Answer, Failure, Path},
    app::App,
    request::Caller,
};

/// Abort an upload
///
/// A repeat answers the same. What became a file is not touched (409).
#[utoipa::path(
    delete, path = "/files/{fileId}/upload", operation_id = "abortUpload", tag = "upload",
    params(("fileId" = FileId, Path, description = "The upload")),
    responses((status = 204, description = "It is given up, its reservation is free")),
)]
pub async fn abort_upload(State(app): State<App>, Caller(actor): Caller, Path(id): Path<FileId>) -> Answer<StatusCode> {
    let upload = own_upload(&app, &actor, id).await?.ok_or_else(Problem::forbidden)?;
    abort(&app, upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the reservation back and has what arrived freed. URLs that were given out hold a while
/// longer, so the reconciler frees what still arrives by them when the upload expires.
pub async fn abort(app: &App, upload: Upload) -> Answer<()> {
    let now = app.clock.now();
    let last_url = now + app.settings.presign_valid_for;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                drives::lock(tx, upload.drive_id).await?;
                let Some(upload) = uploads::lock(tx, upload.id).await? else { return Ok(()) };
                match upload.state {
                    UploadState::Aborted => return Ok(()),
                    UploadState::Confirmed => {
                        return Err(Failure::from(Problem::new(
                            ProblemCode::Conflict,
                            "The upload is a file already. Delete the file instead.",
                        )));
                    }
                    UploadState::Open | UploadState::Completed => {}
                }
                drives::release(tx, upload.drive_id, upload.size).await?;
                uploads::set_state(tx, upload.id, UploadState::Aborted, None, last_url).await?;
                let job = FreeObject { object_key: upload.object_key, multipart_id: upload.multipart_id };
                jobs::enqueue(tx, JobId::new(now), FreeObject::KIND, None, job.to_payload(), now, now).await?;
                Ok(())
            })
        })
        .await?;
    app.bell.notify_one();
    Ok(())
}
