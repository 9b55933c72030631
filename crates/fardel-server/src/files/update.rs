//! `PATCH /files/{fileId}`: rename, move, star.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use fardel_db::{changes, drives, files};
use fardel_domain::{
    id::FileId,
    name::FileName,
    problem::{Problem, ProblemCode},
    rights::Right,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{
    create_folder::name_taken,
    resource::{FileResource, resource_of},
};
use crate::{
    access::{self, check_place, still_active},
    answer::{Answer, Failure, Json, Path, etag},
    app::App,
    request::Caller,
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateFile {
    /// The new name.
    pub name: Option<String>,
    /// The folder to move it to; null for the top of the drive.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<FileId>)]
    #[expect(clippy::option_option, reason = "left out, null and an id mean three things")]
    pub parent_id: Option<Option<FileId>>,
    /// Whether it bears a star.
    pub starred: Option<bool>,
}

#[expect(clippy::option_option, reason = "left out, null and an id mean three things")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<FileId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Rename, move or star
///
/// `If-Match` with the file's ETag guards against changes by others (412 otherwise).
#[utoipa::path(
    patch, path = "/files/{fileId}", operation_id = "updateFile", tag = "files", request_body = UpdateFile,
    params(("fileId" = FileId, Path, description = "The file")),
    responses((status = 200, description = "The file as it is now", body = FileResource)),
)]
pub async fn update_file(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
    Json(request): Json<UpdateFile>,
) -> Answer<Response> {
    let granted = access::check(&app, &actor, id, Right::Write).await?;
    let target = match request.parent_id {
        Some(parent) => Some(check_place(&app, &actor, parent, Right::Write).await?),
        None => None,
    };
    if granted.is_trashed() {
        return Err(Problem::new(ProblemCode::Conflict, "The file is in the trash. Restore it first.").into());
    }
    if target.as_ref().is_some_and(|place| place.path.iter().any(|step| step.id == id)) {
        return Err(Problem::new(ProblemCode::Conflict, "A folder cannot be moved into itself.").into());
    }
    let name = match &request.name {
        Some(name) => FileName::parse(name),
        None => FileName::parse(&granted.file.name),
    }
    .map_err(|error| Problem::field("/name", format!("the name {error}")))?;

    let if_match = etag::IfMatch::from(&headers);
    let now = app.clock.now();
    let parent_id = target.as_ref().map_or(granted.file.parent_id, |place| place.id);
    let drive_id = granted.file.drive_id;
    let (moves, starred) = (request.name.is_some() || target.is_some(), request.starred);
    let file = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                drives::lock(tx, drive_id).await?;
                let file = files::by_id_in(tx, id).await?.ok_or_else(Problem::forbidden)?;
                if_match.check(&etag::of_version(file.version))?;
                if file.deleted_at.is_some() || !still_active(tx, drive_id, parent_id).await? {
                    return Err(Problem::new(ProblemCode::Conflict, "It was moved to the trash meanwhile.").into());
                }
                // The way up is read again under the lock: two moves at once must not make a circle.
                if files::path_in(tx, parent_id).await?.iter().any(|step| step.id == id) {
                    return Err(Problem::new(ProblemCode::Conflict, "A folder cannot be moved into itself.").into());
                }
                if moves {
                    if let Some(there) = files::sibling(tx, parent_id, &name).await?.filter(|there| there.id != id) {
                        return Err(name_taken(&name, there.id));
                    }
                    files::place(tx, id, parent_id, &name, now).await?;
                    if file.parent_id != parent_id {
                        files::count_child(tx, drive_id, file.parent_id, -1).await?;
                        files::count_child(tx, drive_id, parent_id, 1).await?;
                    }
                }
                if let Some(starred) = starred {
                    files::star(tx, id, starred, now).await?;
                }
                if moves || starred.is_some() {
                    changes::record(tx, drive_id, id, changes::Op::Upsert, now).await?;
                }
                files::by_id_in(tx, id).await?.ok_or_else(|| Failure::from(Problem::internal()))
            })
        })
        .await?;
    let path = target.map_or(granted.path, |place| place.path);
    let etag = etag::header(&etag::of_version(file.version));
    Ok((etag, Json(resource_of(&app, &actor, file, &path).await?)).into_response())
}
