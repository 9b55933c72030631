//! Presigned requests in the shape of the API.

use std::collections::BTreeMap;

use fardel_db::uploads::Upload;
use fardel_domain::{
    object_store::{BodyBinding, MultipartId, ObjectKey, PresignedRequest},
    part_plan::PartNumber,
    problem::Problem,
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{answer::Answer, app::App};

/// So many part URLs come in one answer.
pub const URLS_MAX: usize = 100;

/// A part to send, and how.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedPart {
    /// Which part.
    pub part_number: PartNumber,
    /// Where to PUT it.
    pub url: String,
    /// The headers to send with it, exactly so.
    pub headers: BTreeMap<String, String>,
    /// Bytes of the part.
    pub size: u64,
    /// The last moment at which the URL is honoured.
    pub expires_at: Timestamp,
}

/// The key of an upload's object.
pub fn object_key(upload: &Upload) -> Answer<ObjectKey> {
    ObjectKey::parse(&upload.object_key).ok_or_else(|| Problem::internal().into())
}

/// Signs the whole content's PUT, for an upload in one piece.
pub async fn sign_whole(app: &App, upload: &Upload) -> Answer<PresignedRequest> {
    let sha256 = upload.digests().and_then(|digests| digests.first().copied()).ok_or_else(Problem::internal)?;
    let body = BodyBinding { size: upload.size.unsigned_abs(), sha256 };
    Ok(app.store.presign_put(&object_key(upload)?, body, app.settings.presign_valid_for).await?)
}

/// Signs the PUTs of some parts whose digests are known.
pub async fn sign_parts(
    app: &App,
    upload: &Upload,
    numbers: impl IntoIterator<Item = PartNumber>,
) -> Answer<Vec<SignedPart>> {
    let plan = upload.plan();
    let key = object_key(upload)?;
    let mut parts = Vec::new();
    for number in numbers {
        let size = plan.length(number).ok_or_else(|| {
            Problem::field("/partNumbers", format!("there is no part {number}; the last is {}", plan.part_count()))
        })?;
        let sha256 = upload.digest(number).ok_or_else(|| {
            Problem::field("/partNumbers", format!("give the SHA-256 of part {number} by `parts` to have it signed"))
        })?;
        let signed = match &upload.multipart_id {
            Some(id) => {
                let body = BodyBinding { size, sha256 };
                let id = MultipartId(id.clone());
                app.store.presign_part(&key, &id, number, body, app.settings.presign_valid_for).await?
            }
            None => sign_whole(app, upload).await?,
        };
        parts.push(SignedPart {
            part_number: number,
            url: signed.url.into(),
            headers: signed.headers.into_iter().collect(),
            size,
            expires_at: signed.expires_at,
        });
    }
    Ok(parts)
}
