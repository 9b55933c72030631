//! `GET /files/{fileId}/download`: a URL from which the bytes can be had.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use fardel_domain::{
    file::FileKind,
    id::FileId,
    problem::{Problem, ProblemCode},
    rights::Right,
    time::Timestamp,
};
use fardel_edge::{ContentUrl, Disposition, content_expiry};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access,
    answer::{Answer, Json, Path, Query},
    app::App,
    request::Caller,
};

/// How the content is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// Whether the browser saves it or shows it; active content is always saved.
    #[serde(default)]
    #[param(inline)]
    pub disposition: WantedDisposition,
    /// `1`: answer 302 to the URL instead of telling it.
    #[serde(default)]
    pub redirect: u8,
}

/// Saved or shown.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WantedDisposition {
    /// Saved under the file's name.
    #[default]
    Attachment,
    /// Shown in the browser, where that is safe.
    Inline,
}

/// Where the bytes are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// The URL. Whoever has it can read the content until it expires.
    pub url: String,
    /// The last moment at which it is honoured.
    pub expires_at: Timestamp,
    /// Whether the URL works without a signature, for everybody.
    pub public: bool,
}

/// Get a download URL
///
/// Signed for one hour at most; equal requests within five minutes give equal URLs, so caches hit.
#[utoipa::path(
    get, path = "/files/{fileId}/download", operation_id = "downloadFile", tag = "download",
    params(("fileId" = FileId, Path, description = "The file"), DownloadQuery),
    responses(
        (status = 200, description = "Where the bytes are", body = Download),
        (status = 302, description = "The same as a redirect", headers(("Location" = String, description = "The URL"))),
    ),
)]
pub async fn download_file(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
    Query(query): Query<DownloadQuery>,
) -> Answer<Response> {
    let granted = access::check(&app, &actor, id, Right::Read).await?;
    if granted.file.kind() == FileKind::Folder {
        return Err(Problem::new(ProblemCode::Conflict, "This is a folder; download the files in it.").into());
    }
    if granted.is_trashed() {
        return Err(Problem::new(ProblemCode::Conflict, "The file is in the trash. Restore it first.").into());
    }
    let content = ContentUrl {
        file: id,
        content_version: granted.file.content_version,
        disposition: match query.disposition {
            WantedDisposition::Attachment => Disposition::Attachment,
            WantedDisposition::Inline => Disposition::Inline,
        },
    };
    let expires_at = content_expiry(app.clock.now(), actor.valid_until);
    let url = app.url_signer.sign(content.to_url(&app.settings.public_url), expires_at);
    if query.redirect == 1 || !wants_json(&headers) {
        return Ok((StatusCode::FOUND, [(header::LOCATION, String::from(url))]).into_response());
    }
    Ok(Json(Download { url: url.into(), expires_at, public: false }).into_response())
}

/// Whether the client can do with JSON; a browser that follows a link asks for pages first.
fn wants_json(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) else { return true };
    accept.contains("json") || (accept.contains("*/*") && !accept.contains("text/html"))
}
