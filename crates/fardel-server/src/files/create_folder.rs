//! `POST /files`: a new folder.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use fardel_db::{
    changes, drives,
    files::{self, NewFile},
};
use fardel_domain::{
    file::FileKind,
    id::FileId,
    name::FileName,
    problem::{Problem, ProblemCode},
    rights::Right,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::resource::{FileResource, resource_of};
use crate::{
    access::{check_place, still_active},
    answer::{Answer, Failure, Json, etag},
    app::App,
    request::Caller,
};

/// A folder to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateFolder {
    /// Always `folder`: files come by upload.
    #[serde(default = "folder")]
    pub kind: FileKind,
    /// Its name.
    #[schema(example = "Photos")]
    pub name: String,
    /// The folder to make it in; left out or null for the top of the own drive.
    pub parent_id: Option<FileId>,
    /// What to do when the name is taken.
    #[serde(default)]
    pub on_conflict: FolderConflict,
}

fn folder() -> FileKind {
    FileKind::Folder
}

/// What happens when an active sibling has the folder's name already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FolderConflict {
    /// Answer 409 `name-taken`.
    #[default]
    Fail,
    /// Take the next free name.
    Rename,
    /// Answer 200 with the folder that is there.
    Merge,
}

/// Make a folder
#[utoipa::path(
    post, path = "/files", operation_id = "createFolder", tag = "files", request_body = CreateFolder,
    responses(
        (status = 201, description = "The new folder", body = FileResource),
        (status = 200, description = "The folder that was there already (`onConflict: merge`)", body = FileResource),
    ),
)]
pub async fn create_folder(
    State(app): State<App>,
    Caller(actor): Caller,
    Json(request): Json<CreateFolder>,
) -> Answer<Response> {
    let place = check_place(&app, &actor, request.parent_id, Right::Write).await?;
    if request.kind != FileKind::Folder {
        return Err(Problem::field("/kind", "must be `folder`; files come by POST /files/presigned-url").into());
    }
    let name = FileName::parse(&request.name).map_err(|error| Problem::field("/name", format!("the name {error}")))?;
    let now = app.clock.now();
    let (drive_id, parent_id, on_conflict) = (place.drive_id, place.id, request.on_conflict);
    let (file, created) = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                drives::lock(tx, drive_id).await?;
                if !still_active(tx, drive_id, parent_id).await? {
                    return Err(Problem::forbidden().into());
                }
                let name = match files::sibling(tx, parent_id, &name).await? {
                    None => name,
                    Some(there) if on_conflict == FolderConflict::Merge && there.kind() == FileKind::Folder => {
                        return Ok((there, false));
                    }
                    Some(_) if on_conflict == FolderConflict::Rename => files::free_name(tx, parent_id, &name).await?,
                    Some(there) => return Err(name_taken(&name, there.id)),
                };
                let id = FileId::new(now);
                let folder = NewFile { id, drive_id, parent_id, name, content: None, size: 0, modified_at: now, now };
                files::insert(tx, folder).await?;
                changes::record(tx, drive_id, id, changes::Op::Upsert, now).await?;
                let file = files::by_id_in(tx, id).await?.ok_or_else(Problem::internal)?;
                Ok::<_, Failure>((file, true))
            })
        })
        .await?;
    let location = format!("/api/v1/files/{}", file.id);
    let etag = etag::header(&etag::of_version(file.version));
    let body = Json(resource_of(&app, &actor, file, &place.path).await?);
    Ok(if created {
        (StatusCode::CREATED, [(header::LOCATION, location)], etag, body).into_response()
    } else {
        (etag, body).into_response()
    })
}

/// The problem of a name that an active sibling has.
pub fn name_taken(name: &FileName, by: FileId) -> Failure {
    Problem::new(
        ProblemCode::NameTaken,
        format!("“{name}” exists here already. Choose another name, or say what to do by onConflict."),
    )
    .with("existing", serde_json::json!({ "id": by }))
    .into()
}
