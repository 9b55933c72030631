//! Rights in one place: the only way from an id to a file.

use fardel_db::{
    Tx, drives,
    files::{self, Ancestor, File},
};
use fardel_domain::{
    file::FileKind,
    id::{DriveId, FileId},
    problem::{Problem, ProblemCode},
    rights::{Actor, Right, Scope},
};

use crate::{
    answer::{Answer, Failure},
    app::App,
};

/// So many folders may stand inside each other.
const MAX_DEPTH: usize = 100;

/// A file that the actor may use in the way asked for.
#[derive(Debug)]
pub struct Granted {
    /// The file.
    pub file: File,
    /// The way from the top down to the file, itself left out.
    pub path: Vec<Ancestor>,
}

impl Granted {
    /// Whether the file, or a folder above it, lies in the trash.
    pub fn is_trashed(&self) -> bool {
        self.file.deleted_at.is_some() || self.path.iter().any(|folder| folder.deleted_at.is_some())
    }
}

/// A folder, or the top of a drive, that the actor may use in the way asked for.
#[derive(Debug)]
pub struct Place {
    /// The drive.
    pub drive_id: DriveId,
    /// The folder's id; the drive's own at the top.
    pub id: FileId,
    /// The way from the top down to the folder, itself included; empty at the top.
    pub path: Vec<Ancestor>,
    /// Active children.
    pub child_count: i64,
}

/// Finds `id` and answers whether `actor` has `right` on it. One answer for what they may not see
/// and what does not exist.
pub async fn check(app: &App, actor: &Actor, id: FileId, right: Right) -> Answer<Granted> {
    require_scope(actor, right)?;
    // One statement for both, so that the answer's time does not tell them apart either.
    let file = files::by_id(&app.db, id).await?.filter(|file| file.owner_id == Some(actor.user_id));
    let file = file.ok_or_else(Problem::forbidden)?;
    let mut path = files::path(&app.db, id).await?;
    path.pop();
    Ok(Granted { file, path })
}

/// The same for a place to list or to put something: a folder by its id, or without one the top of
/// the actor's own drive.
pub async fn check_place(app: &App, actor: &Actor, folder: Option<FileId>, right: Right) -> Answer<Place> {
    let Some(id) = folder else {
        require_scope(actor, right)?;
        let drive = drives::of_user(&app.db, actor.user_id).await?;
        return Ok(Place { drive_id: drive.id, id: drive.id.root(), path: Vec::new(), child_count: drive.child_count });
    };
    let granted = check(app, actor, id, right).await?;
    if granted.file.kind() != FileKind::Folder {
        return Err(Problem::field("/parentId", "is a file; give the id of a folder").into());
    }
    if granted.is_trashed() {
        return Err(Problem::new(ProblemCode::Conflict, "The folder is in the trash. Restore it first.").into());
    }
    if right == Right::Write && granted.path.len() + 1 >= MAX_DEPTH {
        return Err(Problem::field("/parentId", "lies 100 folders deep; choose a folder higher up").into());
    }
    let mut path = granted.path;
    let file = granted.file;
    path.push(Ancestor { id, parent_id: file.parent_id, name: file.name, deleted_at: None });
    Ok(Place { drive_id: file.drive_id, id, path, child_count: file.child_count })
}

/// Whether a place that was checked is still there, inside the transaction that fills it.
pub async fn still_active(tx: &mut Tx, drive: DriveId, folder: FileId) -> Result<bool, fardel_db::DbError> {
    if folder == drive.root() {
        return Ok(true);
    }
    let path = files::path_in(tx, folder).await?;
    Ok(!path.is_empty() && path.iter().all(|folder| folder.deleted_at.is_none()))
}

fn require_scope(actor: &Actor, right: Right) -> Result<(), Failure> {
    if actor.has_scope(Scope::for_right(right)) { Ok(()) } else { Err(Problem::forbidden().into()) }
}
