//! A content becomes a file at its place: the rows that confirm and deduplication both write.

use fardel_db::{
    Tx, changes,
    files::{self, NewFile, Slot},
};
use fardel_domain::{
    id::{ContentId, DriveId, FileId},
    problem::Problem,
    time::Timestamp,
};

use crate::{answer::Answer, files::name_taken};

/// A stored content on which one more reference was counted.
pub struct NewContent {
    /// The content.
    pub id: ContentId,
    /// As found in its bytes.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
}

/// Writes the file into its slot: a new file with `id`, or the next version of the one in the way.
/// Gives the id of the file that it became.
#[allow(clippy::too_many_arguments)]
pub async fn put_in_place(
    tx: &mut Tx,
    drive_id: DriveId,
    parent_id: FileId,
    id: FileId,
    slot: Slot,
    content: NewContent,
    modified_at: Timestamp,
    now: Timestamp,
) -> Answer<FileId> {
    let id = match slot {
        Slot::Free(name) => {
            let NewContent { id: content_id, media_type, size } = content;
            let content = Some((media_type, content_id));
            files::insert(tx, NewFile { id, drive_id, parent_id, name, content, size, modified_at, now }).await?;
            id
        }
        Slot::Replace(there) => {
            let NewContent { id: content_id, media_type, size } = content;
            files::replace_content(tx, &there, media_type, content_id, size, modified_at, now).await?;
            there.id
        }
        Slot::Taken(there) => {
            let name = fardel_domain::name::FileName::parse(&there.name).map_err(|_| Problem::internal())?;
            return Err(name_taken(&name, there.id));
        }
    };
    changes::record(tx, drive_id, id, changes::Op::Upsert, now).await?;
    Ok(id)
}
