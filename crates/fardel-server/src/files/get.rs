//! `GET /files/{fileId}`: one file or folder.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use fardel_domain::{id::FileId, rights::Right};

use super::resource::{FileResource, resource_of};
use crate::{
    access,
    answer::{Answer, Json, Path, etag},
    app::App,
    request::Caller,
};

/// Get a file or folder
///
/// Also one in the trash. `If-None-Match` with its ETag is answered 304.
#[utoipa::path(
    get, path = "/files/{fileId}", operation_id = "getFile", tag = "files",
    params(("fileId" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The file", body = FileResource, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "Unchanged"),
    ),
)]
pub async fn get_file(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let granted = access::check(&app, &actor, id, Right::Read).await?;
    let etag = etag::of_version(granted.file.version);
    if let Some(not_modified) = etag::not_modified(&headers, &etag) {
        return Ok(not_modified);
    }
    let file = resource_of(&app, &actor, granted.file, &granted.path).await?;
    Ok((etag::header(&etag), Json(file)).into_response())
}
