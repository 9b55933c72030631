//! `GET /files/uploads`, `GET /files/{fileId}/upload`: what is unfinished, and what has arrived.

use axum::{extract::State, response::Response};
use fardel_db::uploads::{self, Upload, UploadState};
use fardel_domain::{
    checksum::Sha256,
    id::FileId,
    object_store::{MultipartId, StoreError},
    part_plan::PartNumber,
    problem::Problem,
    rights::{Right, Scope},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{own_upload, presign::OPEN_UPLOADS_MAX, signing::object_key};
use crate::{
    answer::{Answer, Failure, Json, Path, Query},
    app::App,
    request::{
        Caller,
        paging::{PageQuery, Pagination, next_cursor, with_next_link},
    },
};

/// An upload that was announced.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadResource {
    /// The upload, and the file that it becomes.
    pub file_id: FileId,
    /// The store's name for it, when it comes in parts.
    #[schema(required)]
    pub upload_id: Option<String>,
    /// `open`: bytes may arrive; `completed`: its parts are joined; `confirmed`: it is a file.
    #[schema(example = "open")]
    pub state: &'static str,
    /// The name that it will have.
    pub name: String,
    /// The folder that it will be in; null at the top.
    #[schema(required)]
    pub parent_id: Option<FileId>,
    /// Bytes of the whole.
    pub size: i64,
    /// Bytes of every part but the last.
    pub part_size: u64,
    /// How many parts there are.
    pub part_count: u32,
    /// Identifies the whole, once every part's digest is known: base64.
    #[schema(required)]
    pub checksum: Option<String>,
    /// When the file changed last, by the client's clock.
    pub modified_at: Timestamp,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it will be given up.
    pub expires_at: Timestamp,
    /// The parts that the store holds; only when one upload is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<UploadedPart>>,
}

/// A part that the store holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadedPart {
    /// Which part.
    pub part_number: PartNumber,
    /// Its bytes.
    pub size: u64,
    /// What complete asks for.
    pub etag: String,
    /// Its SHA-256, as announced: to see whether a file at hand is the same one.
    #[schema(required)]
    pub sha256: Option<Sha256>,
}

/// A page of uploads.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadPage {
    /// Oldest first.
    pub items: Vec<UploadResource>,
    /// How to go on.
    pub pagination: Pagination,
}

/// List the caller's unfinished uploads
#[utoipa::path(
    get, path = "/files/uploads", operation_id = "listUploads", tag = "upload", params(PageQuery),
    responses((status = 200, description = "Unfinished uploads", body = UploadPage)),
)]
pub async fn list_uploads(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<PageQuery>,
) -> Answer<Response> {
    if !actor.has_scope(Scope::for_right(Right::Write)) {
        return Err(Problem::forbidden().into());
    }
    let limit = query.limit()?;
    let scope = format!("uploads {}", actor.user_id);
    let after = query.position(&app, &scope)?.unwrap_or_else(|| FileId::from(uuid::Uuid::nil()));
    let mut rows = uploads::unfinished(&app.db, actor.user_id, after, limit + 1).await?;
    let total = uploads::count_open(&app.db, actor.user_id, OPEN_UPLOADS_MAX).await?;
    let next_cursor = next_cursor(&app, &scope, &mut rows, limit, |last| last.id);
    let pagination = Pagination { limit, page: None, total, next_cursor };
    let items = rows.into_iter().map(|upload| resource(upload, None)).collect();
    let page = UploadPage { items, pagination: pagination.clone() };
    Ok(with_next_link("/api/v1/files/uploads", &[], &pagination, page))
}

/// Get an upload, with the parts that have arrived
#[utoipa::path(
    get, path = "/files/{fileId}/upload", operation_id = "getUpload", tag = "upload",
    params(("fileId" = FileId, Path, description = "The upload")),
    responses((status = 200, description = "The upload", body = UploadResource)),
)]
pub async fn get_upload(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
) -> Answer<Json<UploadResource>> {
    let upload = own_upload(&app, &actor, id).await?.ok_or_else(Problem::forbidden)?;
    let parts = if upload.state == UploadState::Open { arrived(&app, &upload).await? } else { Vec::new() };
    Ok(Json(resource(upload, Some(parts))))
}

async fn arrived(app: &App, upload: &Upload) -> Result<Vec<UploadedPart>, Failure> {
    let key = object_key(upload)?;
    if let Some(id) = &upload.multipart_id {
        let stored = match app.store.list_parts(&key, &MultipartId(id.clone())).await {
            Err(StoreError::NotFound) => Vec::new(),
            stored => stored?,
        };
        return Ok(stored
            .into_iter()
            .map(|part| UploadedPart {
                part_number: part.number,
                size: part.size,
                etag: part.etag,
                sha256: upload.digest(part.number),
            })
            .collect());
    }
    let whole = app.store.head(&key).await?;
    Ok(upload
        .plan()
        .numbers()
        .zip(whole)
        .map(|(part_number, meta)| UploadedPart {
            part_number,
            size: meta.size,
            etag: meta.etag,
            sha256: upload.digest(part_number),
        })
        .collect())
}

fn resource(upload: Upload, parts: Option<Vec<UploadedPart>>) -> UploadResource {
    let plan = upload.plan();
    let checksum = upload.checksum.as_deref().and_then(|digest| <[u8; 32]>::try_from(digest).ok());
    UploadResource {
        file_id: upload.file_id.unwrap_or(upload.id),
        upload_id: upload.multipart_id,
        state: match upload.state {
            UploadState::Open => "open",
            UploadState::Completed => "completed",
            UploadState::Confirmed => "confirmed",
            UploadState::Aborted => "aborted",
        },
        name: upload.name,
        parent_id: (upload.parent_id != upload.drive_id.root()).then_some(upload.parent_id),
        size: upload.size,
        part_size: plan.part_size(),
        part_count: plan.part_count(),
        checksum: checksum.map(|digest| Sha256::from(digest).to_base64()),
        modified_at: upload.modified_at,
        created_at: upload.created_at,
        expires_at: upload.expires_at,
        parts,
    }
}
