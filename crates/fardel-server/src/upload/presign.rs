//! `POST /files/presigned-url`: announce a file, learn where to send its bytes, or that they are here.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use fardel_db::{
    contents, drives,
    files::{self, Slot},
    uploads::{self, Upload, UploadState},
};
use fardel_domain::{
    checksum::ContentChecksum,
    id::FileId,
    object_store::MultipartId,
    problem::{Problem, ProblemCode},
    rights::{Actor, Right},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    admission::{Admitted, PresignUpload, admit},
    become_file::{NewContent, put_in_place},
    signing::{SignedPart, URLS_MAX, object_key, sign_parts, sign_whole},
};
use crate::{
    access::{Place, check_place, still_active},
    answer::{Answer, Failure, Json},
    app::App,
    files::{FileResource, name_taken, resource_of},
    request::Caller,
};

/// One user may have so many uploads open.
pub const OPEN_UPLOADS_MAX: i64 = 10_000;

/// How to send a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum Presigned {
    /// The caller owns this content already: the file stands at its place, nothing is to be sent.
    Exists {
        /// The new file.
        file: Box<FileResource>,
        /// A file that had the content before.
        #[schema(required)]
        existing: Option<Box<FileResource>>,
    },
    /// One PUT.
    #[serde(rename_all = "camelCase")]
    Single {
        /// The upload, and the file that it becomes.
        file_id: FileId,
        /// Where to.
        url: String,
        /// Always `PUT`.
        method: &'static str,
        /// The headers to send with it, exactly so.
        headers: BTreeMap<String, String>,
        /// The last moment at which the URL is honoured.
        expires_at: Timestamp,
    },
    /// One PUT a part, in any order and in parallel; then complete, then confirm.
    #[serde(rename_all = "camelCase")]
    Multipart {
        /// The upload, and the file that it becomes.
        file_id: FileId,
        /// The store's name for the upload; complete asks for it.
        upload_id: String,
        /// Bytes of every part but the last.
        part_size: u64,
        /// How many parts there are.
        part_count: u32,
        /// The first 100 parts at most; more by signing again.
        parts: Vec<SignedPart>,
    },
}

/// Announce an upload
///
/// The same announcement by the same user, while the upload is open, resumes it.
#[utoipa::path(
    post, path = "/files/presigned-url", operation_id = "presignUpload", tag = "upload", request_body = PresignUpload,
    responses(
        (status = 201, description = "Where to send the bytes", body = Presigned),
        (status = 200, description = "The content was here already", body = Presigned),
    ),
)]
pub async fn presign_upload(
    State(app): State<App>,
    Caller(actor): Caller,
    Json(request): Json<PresignUpload>,
) -> Answer<Response> {
    let place = check_place(&app, &actor, request.parent_id, Right::Write).await?;
    let admitted = admit(&app.settings, &request)?;
    let checksum = admitted.digests.as_ref().and_then(|digests| ContentChecksum::join(&admitted.plan, digests));

    if let Some(checksum) = checksum
        && let Some(presigned) = share_content(&app, &actor, &place, &request, &admitted, checksum).await?
    {
        return Ok((StatusCode::OK, Json(presigned)).into_response());
    }
    let upload = open_upload(&app, &actor, &place, &request, &admitted, checksum).await?;
    let presigned = if admitted.plan.is_multipart() {
        let upload = begin_multipart(&app, upload).await?;
        let announced = admitted.plan.numbers().filter(|number| upload.digest(*number).is_some());
        let parts = sign_parts(&app, &upload, announced.take(URLS_MAX)).await?;
        Presigned::Multipart {
            file_id: upload.id,
            upload_id: upload.multipart_id.unwrap_or_default(),
            part_size: admitted.plan.part_size(),
            part_count: admitted.plan.part_count(),
            parts,
        }
    } else {
        let signed = sign_whole(&app, &upload).await?;
        Presigned::Single {
            file_id: upload.id,
            url: signed.url.into(),
            method: "PUT",
            headers: signed.headers.into_iter().collect(),
            expires_at: signed.expires_at,
        }
    };
    Ok((StatusCode::CREATED, Json(presigned)).into_response())
}

/// Makes the file from a content of the same drive, where there is one. Only the drive's own
/// contents count: what others store stays unknown to the caller.
async fn share_content(
    app: &App,
    actor: &Actor,
    place: &Place,
    request: &PresignUpload,
    admitted: &Admitted,
    checksum: ContentChecksum,
) -> Answer<Option<Presigned>> {
    let size = signed(admitted.plan.size())?;
    let Some(found) = contents::find(&app.db, place.drive_id, checksum, size).await? else { return Ok(None) };
    let now = app.clock.now();
    let (drive_id, parent_id, name) = (place.drive_id, place.id, admitted.name.clone());
    let (on_conflict, modified_at) = (request.on_conflict, request.modified_at.unwrap_or(now));
    let made = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let drive = drives::lock(tx, drive_id).await?;
                if !still_active(tx, drive_id, parent_id).await? {
                    return Err(Problem::forbidden().into());
                }
                let slot = match files::slot(tx, parent_id, &name, on_conflict).await? {
                    // Sent again to where it is already: a folder dropped twice asks nothing.
                    Slot::Taken(there) if there.content_id == Some(found.id) => {
                        return Ok(Some((*there.clone(), Some(*there))));
                    }
                    Slot::Taken(there) => return Err(name_taken(&name, there.id)),
                    slot => slot,
                };
                let Some(content) = contents::share(tx, drive_id, *checksum.digest(), size).await? else {
                    return Ok(None);
                };
                let existing = files::with_content(tx, content.id).await?;
                if !drives::use_bytes(tx, drive_id, size).await? {
                    return Err(quota_exceeded(&drive, size));
                }
                let content = NewContent { id: content.id, media_type: content.media_type, size };
                let id = FileId::new(now);
                let id = put_in_place(tx, drive_id, parent_id, id, slot, content, modified_at, now).await?;
                let file = files::by_id_in(tx, id).await?.ok_or_else(Problem::internal)?;
                Ok::<_, Failure>(Some((file, existing)))
            })
        })
        .await?;
    let Some((file, existing)) = made else { return Ok(None) };
    let existing = match existing {
        Some(existing) => {
            let mut path = files::path(&app.db, existing.id).await?;
            path.pop();
            Some(Box::new(resource_of(app, actor, existing, &path).await?))
        }
        None => None,
    };
    let file = Box::new(resource_of(app, actor, file, &place.path).await?);
    Ok(Some(Presigned::Exists { file, existing }))
}

/// The row of the upload, with its bytes reserved: a new one, or the open one that it resumes.
async fn open_upload(
    app: &App,
    actor: &Actor,
    place: &Place,
    request: &PresignUpload,
    admitted: &Admitted,
    checksum: Option<ContentChecksum>,
) -> Answer<Upload> {
    let now = app.clock.now();
    let id = FileId::new(now);
    let checksum = checksum.map(|checksum| *checksum.digest());
    let upload = Upload {
        id,
        drive_id: place.drive_id,
        user_id: actor.user_id,
        parent_id: place.id,
        name: admitted.name.as_str().to_owned(),
        size: signed(admitted.plan.size())?,
        media_type: admitted.media_type.clone(),
        modified_at: request.modified_at.unwrap_or(now),
        on_conflict: request.on_conflict,
        checksum: checksum.map(|digest| digest.as_bytes().to_vec()),
        part_digests: uploads::pack_digests(&admitted.plan, admitted.digests.as_deref()),
        object_key: format!("c/{id}"),
        multipart_id: None,
        state: UploadState::Open,
        file_id: None,
        created_at: now,
        expires_at: now + app.settings.upload_expires_after,
        check_at: now + app.settings.reconcile_every,
    };
    let name = admitted.name.clone();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let drive = drives::lock(tx, upload.drive_id).await?;
                if !still_active(tx, upload.drive_id, upload.parent_id).await? {
                    return Err(Problem::forbidden().into());
                }
                if let Some(digest) = checksum {
                    let (size, parent, name) = (upload.size, upload.parent_id, upload.name.clone());
                    if let Some(open) = uploads::to_resume(tx, upload.user_id, digest, size, parent, name, now).await? {
                        return Ok(open);
                    }
                }
                if let Slot::Taken(there) = files::slot(tx, upload.parent_id, &name, upload.on_conflict).await? {
                    return Err(name_taken(&name, there.id));
                }
                if uploads::count_open_in(tx, upload.user_id, OPEN_UPLOADS_MAX).await? >= OPEN_UPLOADS_MAX {
                    return Err(Problem::new(
                        ProblemCode::RateLimited,
                        "You have 10,000 uploads open. Finish or abort some first.",
                    )
                    .retry_after(60)
                    .into());
                }
                if !drives::reserve(tx, upload.drive_id, upload.size).await? {
                    return Err(quota_exceeded(&drive, upload.size));
                }
                uploads::insert(tx, &upload).await?;
                Ok::<_, Failure>(upload)
            })
        })
        .await
}

/// Gives the upload its multipart at the store, unless it has one.
async fn begin_multipart(app: &App, mut upload: Upload) -> Answer<Upload> {
    if upload.multipart_id.is_some() {
        return Ok(upload);
    }
    let key = object_key(&upload)?;
    let begun = app.store.create_multipart(&key, &upload.plan()).await?;
    let (id, ours) = (upload.id, begun.0.clone());
    let kept = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let there = uploads::lock(tx, id).await?.and_then(|upload| upload.multipart_id);
                if there.is_none() {
                    uploads::set_multipart(tx, id, ours.clone()).await?;
                }
                Ok::<_, Failure>(there.unwrap_or(ours))
            })
        })
        .await?;
    if kept != begun.0 {
        app.store.abort_multipart(&key, &MultipartId(begun.0)).await?;
    }
    upload.multipart_id = Some(kept);
    Ok(upload)
}

/// The problem of a quota that does not suffice for `size` more bytes.
pub fn quota_exceeded(drive: &drives::Drive, size: i64) -> Failure {
    let free = drive.quota_bytes.map_or(0, |quota| (quota - drive.used_bytes - drive.reserved_bytes).max(0));
    Problem::new(
        ProblemCode::QuotaExceeded,
        format!("The file needs {size} bytes, {free} are free. Remove something or empty the trash."),
    )
    .with("freeBytes", free)
    .into()
}

fn signed(size: u64) -> Answer<i64> {
    i64::try_from(size).map_err(|_| Problem::field("/size", "is out of range").into())
}
