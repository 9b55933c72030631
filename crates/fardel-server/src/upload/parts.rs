//! `POST /files/{fileId}/upload/parts`: sign parts, again or for the first time.

use axum::extract::State;
use fardel_db::uploads::{self, UploadState};
use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    id::FileId,
    part_plan::PartNumber,
    problem::{Problem, ProblemCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    own_upload,
    signing::{SignedPart, URLS_MAX, sign_parts as sign},
};
use crate::{
    answer::{Answer, Failure, Json, Path},
    app::App,
    request::Caller,
};

/// The parts to sign: by number, or with their digests where these were not announced before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignParts {
    /// Parts whose digests are announced.
    #[serde(default)]
    pub part_numbers: Vec<PartNumber>,
    /// Parts with their digests.
    #[serde(default)]
    pub parts: Vec<AnnouncedPart>,
}

/// A part and its digest.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncedPart {
    /// Which part.
    pub part_number: PartNumber,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
}

/// Signed parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedParts {
    /// In the order asked for.
    pub parts: Vec<SignedPart>,
}

/// Sign parts of an upload
#[utoipa::path(
    post, path = "/files/{fileId}/upload/parts", operation_id = "signParts", tag = "upload", request_body = SignParts,
    params(("fileId" = FileId, Path, description = "The upload")),
    responses((status = 200, description = "Where to send them", body = SignedParts)),
)]
pub async fn sign_parts(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
    Json(request): Json<SignParts>,
) -> Answer<Json<SignedParts>> {
    let mut upload = own_upload(&app, &actor, id).await?.ok_or_else(Problem::forbidden)?;
    if upload.state != UploadState::Open {
        return Err(Problem::new(ProblemCode::Conflict, "The upload takes no more parts.").into());
    }
    let wanted = request.part_numbers.len() + request.parts.len();
    if wanted == 0 || wanted > URLS_MAX {
        return Err(Problem::field("/partNumbers", "give between 1 and 100 parts").into());
    }
    if !request.parts.is_empty() {
        let announced = request.parts.iter().map(|part| part.part_number);
        let numbers: Vec<_> = request.part_numbers.into_iter().chain(announced).collect();
        upload = app.db.write(move |tx| Box::pin(announce(tx, id, request.parts))).await?;
        return Ok(Json(SignedParts { parts: sign(&app, &upload, numbers).await? }));
    }
    Ok(Json(SignedParts { parts: sign(&app, &upload, request.part_numbers).await? }))
}

/// Keeps the digests; one that was announced before cannot become another.
async fn announce(tx: &mut fardel_db::Tx, id: FileId, parts: Vec<AnnouncedPart>) -> Result<uploads::Upload, Failure> {
    let mut upload = uploads::lock(tx, id).await?.ok_or_else(Problem::forbidden)?;
    let plan = upload.plan();
    for AnnouncedPart { part_number, sha256 } in parts {
        if plan.length(part_number).is_none() {
            let last = plan.part_count();
            return Err(Problem::field("/parts", format!("there is no part {part_number}; the last is {last}")).into());
        }
        if upload.digest(part_number).is_some_and(|known| known != sha256) {
            return Err(Problem::new(
                ProblemCode::Conflict,
                format!("Part {part_number} was announced with another digest: the file has changed. Begin anew."),
            )
            .into());
        }
        upload.set_digest(part_number, sha256);
    }
    if let Some(checksum) = upload.digests().and_then(|digests| ContentChecksum::join(&plan, &digests)) {
        upload.checksum = Some(checksum.digest().as_bytes().to_vec());
    }
    uploads::set_digests(tx, &upload).await?;
    Ok(upload)
}
