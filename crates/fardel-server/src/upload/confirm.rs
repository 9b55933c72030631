//! `POST /files/confirm`: the bytes are there; make the file.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use fardel_db::{
    Tx,
    contents::{self, Content},
    drives,
    files::{self, Slot},
    jobs,
    uploads::{self, Upload, UploadState},
};
use fardel_domain::{
    file::OnConflict,
    id::{ContentId, DriveId, FileId, JobId},
    name::FileName,
    object_store::ObjectMeta,
    problem::{Problem, ProblemCode},
    rights::{Actor, Right},
    time::Timestamp,
};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    admission::{check_type, sniff},
    become_file::{NewContent, put_in_place},
    jobs::{FreeObject, confirmed_row_kept_for},
    own_upload,
    signing::object_key,
};
use crate::{
    access::{self, still_active},
    answer::{Answer, Json, etag},
    app::App,
    files::{FileResource, name_taken, resource_of},
    request::Caller,
};

/// So many bytes from the start tell the type.
const SNIFF_BYTES: u64 = 8 << 10;

/// The upload to confirm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmUpload {
    /// The upload.
    pub file_id: FileId,
    /// Another choice than the announced one, when the name was taken meanwhile.
    pub on_conflict: Option<OnConflict>,
}

/// A file that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Confirmed {
    /// The file. With `onConflict: replace` it is the one that was replaced, with its own id.
    pub file: FileResource,
}

/// Make the file from what was uploaded
///
/// Everything is written durably before the answer. A repeat answers 200 with the same file.
#[utoipa::path(
    post, path = "/files/confirm", operation_id = "confirmUpload", tag = "upload", request_body = ConfirmUpload,
    responses(
        (status = 201, description = "The new file", body = Confirmed),
        (status = 200, description = "It was confirmed before", body = Confirmed),
    ),
)]
pub async fn confirm_upload(
    State(app): State<App>,
    Caller(actor): Caller,
    Json(request): Json<ConfirmUpload>,
) -> Answer<Response> {
    let (file_id, created) = match own_upload(&app, &actor, request.file_id).await? {
        None => (request.file_id, false),
        Some(upload) => {
            let on_conflict = request.on_conflict.unwrap_or(upload.on_conflict);
            confirm(&app, upload, on_conflict).await?
        }
    };
    let granted = access::check(&app, &actor, file_id, Right::Read).await?;
    answer(&app, &actor, granted, created).await
}

async fn answer(app: &App, actor: &Actor, granted: access::Granted, created: bool) -> Answer<Response> {
    let location = format!("/api/v1/files/{}", granted.file.id);
    let etag = etag::header(&etag::of_version(granted.file.version));
    let file = resource_of(app, actor, granted.file, &granted.path).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::LOCATION, location)], etag, Json(Confirmed { file })).into_response())
}

/// Makes the file of an upload whose bytes have arrived; its id, and whether it was made just now.
/// The reconciler calls it too, for clients that did not come back.
pub async fn confirm(app: &App, upload: Upload, on_conflict: OnConflict) -> Answer<(FileId, bool)> {
    match (upload.state, upload.file_id) {
        (UploadState::Confirmed, Some(file_id)) => return Ok((file_id, false)),
        (UploadState::Aborted, _) => {
            return Err(Problem::new(ProblemCode::Conflict, "The upload was aborted. Begin anew.").into());
        }
        _ => {}
    }
    let key = object_key(&upload)?;
    let Some(meta) = app.store.head(&key).await? else {
        return Err(Problem::new(
            ProblemCode::NotUploaded,
            "The bytes have not arrived. Send them (and complete a multipart upload), then confirm.",
        )
        .into());
    };
    if !is_as_announced(&upload, &meta) {
        return refuse(
            app,
            upload,
            Problem::new(ProblemCode::ContentMismatch, "What arrived is not what was announced; it was removed."),
        )
        .await;
    }
    let media_type = sniff(&first_bytes(app, &upload).await?, &upload.media_type);
    if let Err(problem) = check_type(&app.settings, &media_type) {
        return refuse(app, upload, problem).await;
    }
    let now = app.clock.now();
    let (id, drive_id) = (upload.id, upload.drive_id);
    let made =
        app.db.write(move |tx| Box::pin(make_file(tx, drive_id, id, on_conflict, media_type, meta.etag, now))).await?;
    app.bell.notify_one();
    Ok(made)
}

fn is_as_announced(upload: &Upload, meta: &ObjectMeta) -> bool {
    let checksum = meta.checksum.map(|digest| digest.as_bytes().to_vec());
    i64::try_from(meta.size) == Ok(upload.size) && checksum.is_some() && checksum == upload.checksum
}

async fn first_bytes(app: &App, upload: &Upload) -> Answer<Vec<u8>> {
    if upload.size == 0 {
        return Ok(Vec::new());
    }
    let read = app.store.get(&object_key(upload)?, Some(0..SNIFF_BYTES)).await?;
    let head = read.body.try_fold(Vec::new(), |mut head, chunk| async move {
        head.extend_from_slice(&chunk);
        Ok(head)
    });
    Ok(head.await?)
}

/// Removes what was uploaded, gives the reservation back, and answers the problem.
async fn refuse<T>(app: &App, upload: Upload, problem: Problem) -> Answer<T> {
    super::abort::abort(app, upload).await?;
    Err(problem.into())
}

/// The one durable transaction: content, file, counters, quota, change and jobs.
async fn make_file(
    tx: &mut Tx,
    drive_id: DriveId,
    id: FileId,
    on_conflict: OnConflict,
    media_type: String,
    etag: String,
    now: Timestamp,
) -> Answer<(FileId, bool)> {
    drives::lock(tx, drive_id).await?;
    let upload = uploads::lock(tx, id).await?.ok_or_else(Problem::forbidden)?;
    match (upload.state, upload.file_id) {
        (UploadState::Confirmed, Some(file_id)) => return Ok((file_id, false)),
        (UploadState::Aborted, _) => {
            return Err(Problem::new(ProblemCode::Conflict, "The upload was aborted. Begin anew.").into());
        }
        _ => {}
    }
    let name = FileName::parse(&upload.name).map_err(|_| Problem::internal())?;
    // The folder went to the trash meanwhile: what was sent must not vanish with it.
    let (parent_id, choice) = if still_active(tx, drive_id, upload.parent_id).await? {
        (upload.parent_id, on_conflict)
    } else {
        (drive_id.root(), OnConflict::Rename)
    };
    let slot = match files::slot(tx, parent_id, &name, choice).await? {
        Slot::Taken(there) => return Err(name_taken(&name, there.id)),
        slot => slot,
    };
    let content = keep_content(tx, &upload, media_type, etag, now).await?;
    drives::use_reserved(tx, drive_id, upload.size).await?;
    let file_id = put_in_place(tx, drive_id, parent_id, id, slot, content, upload.modified_at, now).await?;
    uploads::set_state(tx, id, UploadState::Confirmed, Some(file_id), now + confirmed_row_kept_for()).await?;
    Ok((file_id, true))
}

/// The row of the content; when equal bytes came by another upload meanwhile, theirs, and this
/// upload's object is freed.
async fn keep_content(
    tx: &mut Tx,
    upload: &Upload,
    media_type: String,
    etag: String,
    now: Timestamp,
) -> Answer<NewContent> {
    let checksum = upload.checksum.clone().ok_or_else(Problem::internal)?;
    let digest: [u8; 32] = checksum.as_slice().try_into().map_err(|_| Problem::internal())?;
    if let Some(there) = contents::share(tx, upload.drive_id, digest.into(), upload.size).await? {
        let job = FreeObject { object_key: upload.object_key.clone(), multipart_id: None };
        jobs::enqueue(tx, JobId::new(now), FreeObject::KIND, None, job.to_payload(), now, now).await?;
        return Ok(NewContent { id: there.id, media_type: there.media_type, size: there.size });
    }
    let content = Content {
        id: ContentId::new(now),
        drive_id: upload.drive_id,
        checksum,
        size: upload.size,
        part_count: i64::from(upload.plan().part_count()),
        media_type: media_type.clone(),
        object_key: upload.object_key.clone(),
        etag,
        ref_count: 1,
        scan: "skipped".to_owned(),
        created_at: now,
    };
    contents::insert(tx, &content).await?;
    Ok(NewContent { id: content.id, media_type, size: upload.size })
}
