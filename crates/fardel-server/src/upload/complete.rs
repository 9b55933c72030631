//! `POST /files/complete-multipart`: the store joins the parts into one object.

use axum::extract::State;
use fardel_db::uploads::{self, Upload, UploadState};
use fardel_domain::{
    id::FileId,
    object_store::{CompletedPart, MultipartId, StoreError},
    part_plan::PartNumber,
    problem::{Problem, ProblemCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{own_upload, signing::object_key};
use crate::{
    access,
    answer::{Answer, Failure, Json},
    app::App,
    request::Caller,
};

/// The parts that were sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteMultipart {
    /// The upload.
    pub file_id: FileId,
    /// The store's name for it, as presigned-url told.
    pub upload_id: String,
    /// Every part in order, with the ETag that its PUT answered.
    pub parts: Vec<SentPart>,
}

/// A part that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentPart {
    /// Which part.
    pub part_number: PartNumber,
    /// The ETag that its PUT answered, with or without quotes.
    pub etag: String,
}

/// An upload whose parts are joined; confirm makes it a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// The upload.
    pub file_id: FileId,
    /// The store's name for it.
    pub upload_id: String,
    /// Bytes of the whole.
    pub size: i64,
}

/// Join the parts of an upload
///
/// A repeat answers the same.
#[utoipa::path(
    post, path = "/files/complete-multipart", operation_id = "completeMultipart", tag = "upload",
    request_body = CompleteMultipart,
    responses((status = 200, description = "The parts are joined", body = Completed)),
)]
pub async fn complete_multipart(
    State(app): State<App>,
    Caller(actor): Caller,
    Json(request): Json<CompleteMultipart>,
) -> Answer<Json<Completed>> {
    let Some(upload) = own_upload(&app, &actor, request.file_id).await? else {
        return confirmed_before(&app, &actor, request).await;
    };
    if upload.multipart_id.as_deref() != Some(request.upload_id.as_str()) {
        return Err(Problem::field("/uploadId", "is not the upload that presigned-url began for this file").into());
    }
    if upload.state == UploadState::Open {
        join(&app, &upload, request.parts).await?;
    } else if upload.state == UploadState::Aborted {
        return Err(Problem::new(ProblemCode::Conflict, "The upload was aborted. Begin anew.").into());
    }
    Ok(Json(Completed { file_id: upload.id, upload_id: request.upload_id, size: upload.size }))
}

/// Has the store join the parts, and notes it. Safe to repeat after a crash at any point.
async fn join(app: &App, upload: &Upload, parts: Vec<SentPart>) -> Result<(), Failure> {
    let key = object_key(upload)?;
    let upload_id = MultipartId(upload.multipart_id.clone().unwrap_or_default());
    let parts = named_parts(upload, parts)?;
    match app.store.complete_multipart(&key, &upload_id, &parts).await {
        Ok(_) => {}
        Err(StoreError::InvalidParts(missing)) => return Err(parts_missing(&missing)),
        Err(StoreError::NotFound | StoreError::AlreadyExists) if app.store.head(&key).await?.is_some() => {}
        Err(StoreError::NotFound) => {
            let all: Vec<_> = upload.plan().numbers().collect();
            return Err(parts_missing(&all));
        }
        Err(error) => return Err(error.into()),
    }
    let (id, check_at) = (upload.id, upload.check_at);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                match uploads::lock(tx, id).await? {
                    Some(upload) if upload.state == UploadState::Open => {
                        Ok::<_, Failure>(uploads::set_state(tx, id, UploadState::Completed, None, check_at).await?)
                    }
                    _ => Ok(()),
                }
            })
        })
        .await
}

/// The parts in the store's words: in order, each once, all of the plan.
fn named_parts(upload: &Upload, parts: Vec<SentPart>) -> Result<Vec<CompletedPart>, Failure> {
    if !parts.is_sorted_by(|a, b| a.part_number < b.part_number) {
        return Err(Problem::field("/parts", "must be in order of partNumber, each part once").into());
    }
    let plan = upload.plan();
    if let Some(extra) = parts.iter().find(|part| plan.length(part.part_number).is_none()) {
        let (extra, last) = (extra.part_number, plan.part_count());
        return Err(Problem::field("/parts", format!("there is no part {extra}; the last is {last}")).into());
    }
    let given: std::collections::HashSet<_> = parts.iter().map(|part| part.part_number).collect();
    let missing: Vec<_> = plan.numbers().filter(|number| !given.contains(number)).collect();
    if !missing.is_empty() {
        return Err(parts_missing(&missing));
    }
    let unsigned: Vec<_> = plan.numbers().filter(|number| upload.digest(*number).is_none()).collect();
    if !unsigned.is_empty() {
        return Err(parts_missing(&unsigned));
    }
    Ok(parts
        .into_iter()
        .filter_map(|part| {
            let sha256 = upload.digest(part.part_number)?;
            let etag = part.etag.trim_matches('"').to_owned();
            Some(CompletedPart { number: part.part_number, etag, sha256 })
        })
        .collect())
}

fn parts_missing(missing: &[PartNumber]) -> Failure {
    Problem::new(
        ProblemCode::PartsMissing,
        "The store does not hold these parts as named. Send them (again), then complete.",
    )
    .with("missing", missing.iter().map(|number| number.get()).collect::<Vec<_>>())
    .into()
}

/// The upload's row is gone once the file is older than the row is kept: the file itself answers.
async fn confirmed_before(
    app: &App,
    actor: &fardel_domain::rights::Actor,
    request: CompleteMultipart,
) -> Answer<Json<Completed>> {
    let granted = access::check(app, actor, request.file_id, fardel_domain::rights::Right::Write).await?;
    Ok(Json(Completed { file_id: granted.file.id, upload_id: request.upload_id, size: granted.file.size }))
}
