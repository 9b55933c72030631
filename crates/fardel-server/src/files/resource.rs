//! The file resource: what every answer tells of a file or folder.

use fardel_db::files::{self, Ancestor, File};
use fardel_domain::{
    checksum::Sha256,
    file::{FileKind, Visibility},
    id::{FileId, UserId},
    media_type::Category,
    rights::{Actor, Right},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{answer::Answer, app::App};

/// A file or folder.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub struct FileResource {
    /// Stable for the file's whole life.
    pub id: FileId,
    /// File or folder.
    pub kind: FileKind,
    /// The folder it is in; null at the top.
    #[schema(required)]
    pub parent_id: Option<FileId>,
    /// The folders from the top down to it.
    pub path: Vec<PathStep>,
    /// Its name, in Unicode NFC.
    #[schema(example = "report.pdf")]
    pub name: String,
    /// Bytes; 0 for a folder.
    pub size: i64,
    /// As found in the bytes, or by the name; null for a folder.
    #[schema(required)]
    pub media_type: Option<String>,
    /// What people call this kind of file; null for a folder.
    #[schema(required)]
    pub category: Option<Category>,
    /// What identifies the bytes; null for a folder.
    #[schema(required)]
    pub checksum: Option<Checksum>,
    /// When it came here.
    pub created_at: Timestamp,
    /// When anything about it changed last.
    pub updated_at: Timestamp,
    /// When its content changed last, by the clock of whoever sent it.
    pub modified_at: Timestamp,
    /// Raised by every change; also its ETag.
    pub version: i64,
    /// Raised by every new content.
    pub content_version: i64,
    /// Whose drive it is in.
    pub owner: Owner,
    /// What the caller may do with it.
    pub permissions: Vec<Right>,
    /// Who may read it without asking.
    pub visibility: Visibility,
    /// Marked by the owner to find it again.
    pub starred: bool,
    /// Active or in the trash.
    pub status: FileStatus,
    /// How far the background work on its content is; null for a folder.
    #[schema(required)]
    pub processing: Option<Processing>,
    /// Active entries of a folder; null for a file.
    #[schema(required)]
    pub child_count: Option<i64>,
    /// How often it was downloaded.
    pub download_count: i64,
    /// How many shares reach it.
    pub share_count: i64,
    /// When it went to the trash.
    #[schema(required)]
    pub deleted_at: Option<Timestamp>,
    /// When it will be removed for good.
    #[schema(required)]
    pub purge_at: Option<Timestamp>,
}

/// A folder on the way to a file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PathStep {
    /// The folder.
    pub id: FileId,
    /// Its name.
    pub name: String,
}

/// What identifies the bytes of a content of known size.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Checksum {
    /// Always `sha256-parts`: the SHA-256 of the content when it is one part, else the SHA-256 over
    /// the digests of its parts, followed by `-` and their number.
    #[schema(example = "sha256-parts")]
    pub algorithm: &'static str,
    /// Base64, as in S3's `x-amz-checksum-sha256`.
    #[schema(example = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    pub value: String,
}

/// The owner of a drive.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Owner {
    /// Their account.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

/// Whether a file is in use.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// In its folder.
    Active,
    /// In the trash, itself or by a folder above it.
    Deleted,
}

/// The background work on a content.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Processing {
    /// Whether harmful content was looked for: `pending`, `clean`, `infected`, `failed` or `skipped`.
    #[schema(example = "skipped")]
    pub scan: String,
}

/// The resource of one file that the actor may see, with the folders above it.
pub async fn resource_of(app: &App, actor: &Actor, file: File, path: &[Ancestor]) -> Answer<FileResource> {
    let owner = Owner { id: actor.user_id, name: files::owner_name(&app.db, actor.user_id).await? };
    Ok(resource(actor, file, path, owner))
}

/// The same when the owner is known.
pub fn resource(actor: &Actor, file: File, path: &[Ancestor], owner: Owner) -> FileResource {
    let kind = file.kind();
    let parent_id = file.parent();
    let is_file = kind == FileKind::File;
    let trashed = file.deleted_at.is_some() || path.iter().any(|folder| folder.deleted_at.is_some());
    FileResource {
        id: file.id,
        kind,
        parent_id,
        path: path.iter().map(|step| PathStep { id: step.id, name: step.name.clone() }).collect(),
        name: file.name,
        size: file.size,
        category: file.media_type.as_deref().map(Category::of),
        media_type: file.media_type,
        checksum: file.checksum.and_then(|digest| checksum(digest, file.part_count.unwrap_or(1))),
        created_at: file.created_at,
        updated_at: file.updated_at,
        modified_at: file.modified_at,
        version: file.version,
        content_version: file.content_version,
        owner,
        permissions: Right::ALL
            .into_iter()
            .filter(|right| actor.has_scope(fardel_domain::rights::Scope::for_right(*right)))
            .collect(),
        visibility: file.visibility,
        starred: file.starred,
        status: if trashed { FileStatus::Deleted } else { FileStatus::Active },
        processing: file.scan.map(|scan| Processing { scan }),
        child_count: (!is_file).then_some(file.child_count),
        download_count: file.download_count,
        share_count: 0,
        deleted_at: file.deleted_at,
        purge_at: file.purge_at,
    }
}

fn checksum(digest: Vec<u8>, part_count: i64) -> Option<Checksum> {
    let digest: [u8; 32] = digest.try_into().ok()?;
    let joined = Sha256::from(digest).to_base64();
    let value = if part_count > 1 { format!("{joined}-{part_count}") } else { joined };
    Some(Checksum { algorithm: "sha256-parts", value })
}
