//! Files and folders.

use std::collections::HashMap;

use fardel_domain::{
    file::{FileKind, OnConflict, Sort, Visibility},
    id::{ContentId, DriveId, FileId, UserId},
    media_type::Category,
    name::FileName,
    time::Timestamp,
};

use crate::{Db, DbError, Engine, Tx};

/// A row of `files`, with what its content tells.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct File {
    pub id: FileId,
    pub drive_id: DriveId,
    /// The folder it is in; the drive's own id at the top.
    pub parent_id: FileId,
    /// 0 for a folder, 1 for a file.
    pub folder_rank: i64,
    pub name: String,
    pub sort_key: Vec<u8>,
    pub type_key: Vec<u8>,
    pub media_type: Option<String>,
    pub category: Option<String>,
    pub content_id: Option<ContentId>,
    pub size: i64,
    /// Raised by every change: the ETag.
    pub version: i64,
    /// Raised by every new content.
    pub content_version: i64,
    pub visibility: Visibility,
    pub starred: bool,
    pub child_count: i64,
    pub download_count: i64,
    pub modified_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub purge_at: Option<Timestamp>,
    pub checksum: Option<Vec<u8>>,
    pub part_count: Option<i64>,
    pub scan: Option<String>,
    pub object_key: Option<String>,
    pub etag: Option<String>,
    /// Whose drive it is in; told when one file is asked for.
    #[sqlx(default)]
    pub owner_id: Option<UserId>,
}

impl File {
    /// File or folder.
    pub fn kind(&self) -> FileKind {
        if self.folder_rank == 0 { FileKind::Folder } else { FileKind::File }
    }

    /// The folder it is in; `None` at the top.
    pub fn parent(&self) -> Option<FileId> {
        (self.parent_id != self.drive_id.root()).then_some(self.parent_id)
    }
}

/// A folder above a file, or the file itself.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs)]
pub struct Ancestor {
    pub id: FileId,
    pub parent_id: FileId,
    pub name: String,
    pub deleted_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "f.id, f.drive_id, f.parent_id, f.folder_rank, f.name, f.sort_key, f.type_key, f.media_type, f.category,
         f.content_id, f.size, f.version, f.content_version, f.visibility, f.starred, f.child_count, f.download_count,
         f.modified_at, f.created_at, f.updated_at, f.deleted_at, f.purge_at,
         c.checksum, c.part_count, c.scan, c.object_key, c.etag"
    };
}

const BY_ID: &str = concat!(
    "SELECT ",
    columns!(),
    ", d.owner_id FROM files f JOIN drives d ON d.id = f.drive_id LEFT JOIN contents c ON c.id = f.content_id
     WHERE f.id = $1"
);

/// The file with this id, deleted or not.
pub async fn by_id(db: &Db, id: FileId) -> Result<Option<File>, DbError> {
    db.read(BY_ID).bind(id).fetch_optional().await
}

/// The same inside a transaction.
pub async fn by_id_in(tx: &mut Tx, id: FileId) -> Result<Option<File>, DbError> {
    tx.query(BY_ID).bind(id).fetch_optional().await
}

const ANCESTORS: &str = "WITH RECURSIVE up (id, parent_id, name, deleted_at, depth) AS (
       SELECT id, parent_id, name, deleted_at, 0 FROM files WHERE id = $1
       UNION ALL
       SELECT f.id, f.parent_id, f.name, f.deleted_at, up.depth + 1
       FROM files f JOIN up ON f.id = up.parent_id WHERE up.depth < 200
     )
     SELECT id, parent_id, name, deleted_at FROM up ORDER BY depth DESC";

/// The way from the top down to the file, itself included. O(depth).
pub async fn path(db: &Db, id: FileId) -> Result<Vec<Ancestor>, DbError> {
    db.read(ANCESTORS).bind(id).fetch_all().await
}

/// The same inside a transaction.
pub async fn path_in(tx: &mut Tx, id: FileId) -> Result<Vec<Ancestor>, DbError> {
    tx.query(ANCESTORS).bind(id).fetch_all().await
}

/// The active sibling with this name. Uses index `files_by_name_key`.
pub async fn sibling(tx: &mut Tx, parent: FileId, name: &FileName) -> Result<Option<File>, DbError> {
    tx.query(concat!(
        "SELECT ",
        columns!(),
        " FROM files f LEFT JOIN contents c ON c.id = f.content_id
         WHERE f.parent_id = $1 AND f.name_key = $2 AND f.deleted_at IS NULL"
    ))
    .bind(parent)
    .bind(name.key())
    .fetch_optional()
    .await
}

/// Some file with this content, an active one if there is one. Uses index `files_by_content`.
pub async fn with_content(tx: &mut Tx, content: ContentId) -> Result<Option<File>, DbError> {
    tx.query(concat!(
        "SELECT ",
        columns!(),
        " FROM files f LEFT JOIN contents c ON c.id = f.content_id
         WHERE f.content_id = $1 ORDER BY (f.deleted_at IS NOT NULL), f.id LIMIT 1"
    ))
    .bind(content)
    .fetch_optional()
    .await
}

/// What a new file or folder is made from.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewFile {
    pub id: FileId,
    pub drive_id: DriveId,
    pub parent_id: FileId,
    pub name: FileName,
    /// Media type and content; `None` makes a folder.
    pub content: Option<(String, ContentId)>,
    pub size: i64,
    pub modified_at: Timestamp,
    pub now: Timestamp,
}

/// Adds a file and counts it in its folder. [`DbError::Duplicate`] when the name is taken.
pub async fn insert(tx: &mut Tx, file: NewFile) -> Result<(), DbError> {
    let rank = i64::from(file.content.is_some());
    let category = file.content.as_ref().map(|(media_type, _)| Category::of(media_type).as_str().to_owned());
    let (media_type, content_id) = file.content.unzip();
    tx.query(
        "INSERT INTO files
           (id, drive_id, parent_id, folder_rank, name, name_key, sort_key, type_key, media_type, category, content_id,
            size, version, content_version, visibility, starred, child_count, download_count, modified_at, created_at,
            updated_at, change_seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, 1, 'private', FALSE, 0, 0, $13, $14, $14, 0)",
    )
    .bind(file.id)
    .bind(file.drive_id)
    .bind(file.parent_id)
    .bind(rank)
    .bind(file.name.as_str().to_owned())
    .bind(file.name.key())
    .bind(file.name.sort_key())
    .bind(type_key(&file.name))
    .bind(media_type)
    .bind(category)
    .bind(content_id)
    .bind(file.size)
    .bind(file.modified_at)
    .bind(file.now)
    .execute()
    .await?;
    count_child(tx, file.drive_id, file.parent_id, 1).await
}

/// Orders by extension, then by name.
fn type_key(name: &FileName) -> Vec<u8> {
    let mut key = name.extension().unwrap_or_default().into_bytes();
    key.push(0);
    key.extend(name.sort_key());
    key
}

/// Adds `by` to a folder's counter of active children.
pub async fn count_child(tx: &mut Tx, drive: DriveId, parent: FileId, by: i64) -> Result<(), DbError> {
    let sql = if parent == drive.root() {
        "UPDATE drives SET child_count = child_count + $2 WHERE id = $1"
    } else {
        "UPDATE files SET child_count = child_count + $2 WHERE id = $1"
    };
    tx.query(sql).bind(parent).bind(by).execute().await.map(drop)
}

/// Keeps the present content as a version and puts a new one in its place.
pub async fn replace_content(
    tx: &mut Tx,
    file: &File,
    media_type: String,
    content: ContentId,
    size: i64,
    modified_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO file_versions (file_id, content_version, content_id, size, media_type, modified_at, created_at)
         SELECT id, content_version, content_id, size, media_type, modified_at, $2 FROM files WHERE id = $1",
    )
    .bind(file.id)
    .bind(now)
    .execute()
    .await?;
    let category = Category::of(&media_type).as_str().to_owned();
    tx.query(
        "UPDATE files SET content_id = $2, size = $3, media_type = $4, category = $5, modified_at = $6, updated_at = $7,
                version = version + 1, content_version = content_version + 1
         WHERE id = $1",
    )
    .bind(file.id)
    .bind(content)
    .bind(size)
    .bind(media_type)
    .bind(category)
    .bind(modified_at)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Gives a file its name and place, and raises its version. Counters are the caller's.
pub async fn place(tx: &mut Tx, id: FileId, parent: FileId, name: &FileName, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE files SET parent_id = $2, name = $3, name_key = $4, sort_key = $5, type_key = $6, updated_at = $7,
                version = version + 1
         WHERE id = $1",
    )
    .bind(id)
    .bind(parent)
    .bind(name.as_str().to_owned())
    .bind(name.key())
    .bind(name.sort_key())
    .bind(type_key(name))
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Puts the star on a file or takes it off.
pub async fn star(tx: &mut Tx, id: FileId, starred: bool, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE files SET starred = $2, updated_at = $3, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(starred)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Moves a file to the trash (`Some`) or back (`None`). What is below follows without being touched.
pub async fn set_deleted(
    tx: &mut Tx,
    id: FileId,
    deleted: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Result<(), DbError> {
    let (deleted_at, purge_at) = deleted.unzip();
    tx.query("UPDATE files SET deleted_at = $2, purge_at = $3, updated_at = $4, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(deleted_at)
        .bind(purge_at)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// The first free name for `wanted` in a folder.
pub async fn free_name(tx: &mut Tx, parent: FileId, wanted: &FileName) -> Result<FileName, DbError> {
    let mut name = wanted.clone();
    let mut n = 2;
    while sibling(tx, parent, &name).await?.is_some() {
        name = wanted.alternative(n);
        // Doubling after the first few keeps a folder full of copies from being tried one by one.
        n = if n < 16 { n + 1 } else { n * 2 };
    }
    Ok(name)
}

/// Which rows of a folder a listing is about.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct ListFilter {
    pub media_type: Option<String>,
    pub category: Option<String>,
    pub starred: Option<bool>,
    /// Folded text that the name must hold.
    pub name_part: Option<Vec<u8>>,
}

impl ListFilter {
    /// Whether every child of the folder is wanted.
    pub fn is_empty(&self) -> bool {
        self.media_type.is_none() && self.category.is_none() && self.starred.is_none() && self.name_part.is_none()
    }
}

/// The value of the sort's column at which a page goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// For date and size.
    Number(i64),
    /// For name and type.
    Bytes(Vec<u8>),
}

impl SortValue {
    /// The value in a row.
    pub fn of(file: &File, sort: Sort) -> Self {
        match sort {
            Sort::Name | Sort::NameDescending => Self::Bytes(file.sort_key.clone()),
            Sort::Type | Sort::TypeDescending => Self::Bytes(file.type_key.clone()),
            Sort::Date | Sort::DateDescending => Self::Number(file.modified_at.micros()),
            Sort::Size | Sort::SizeDescending => Self::Number(file.size),
        }
    }

    /// A value before every row's.
    pub fn start(sort: Sort) -> Self {
        match sort {
            Sort::Name | Sort::Type => Self::Bytes(Vec::new()),
            // Longer than any key and, from its first byte, greater.
            Sort::NameDescending | Sort::TypeDescending => Self::Bytes(vec![0xff; 8]),
            Sort::Date | Sort::Size => Self::Number(i64::MIN),
            Sort::DateDescending | Sort::SizeDescending => Self::Number(i64::MAX),
        }
    }
}

macro_rules! list_statement {
    ($column:literal, $after:literal, $direction:literal, $holds:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM files f LEFT JOIN contents c ON c.id = f.content_id
              WHERE f.drive_id = $1 AND f.parent_id = $2 AND f.folder_rank = $3 AND f.deleted_at IS NULL
                AND (f.",
            $column,
            ", f.id) ",
            $after,
            " ($4, $5) AND ($6 IS NULL OR f.media_type = $6) AND ($7 IS NULL OR f.category = $7)
                AND ($8 IS NULL OR f.starred = $8) AND ($9 IS NULL OR ",
            $holds,
            ") ORDER BY f.",
            $column,
            " ",
            $direction,
            ", f.id ",
            $direction,
            " LIMIT $10 OFFSET $11"
        )
    };
    ($column:literal, $after:literal, $direction:literal) => {
        [
            list_statement!($column, $after, $direction, "instr(f.name_key, $9) > 0"),
            list_statement!($column, $after, $direction, "position($9 IN f.name_key) > 0"),
        ]
    };
}

/// The statement of a sort, for SQLite and for PostgreSQL. Each uses the index of its column
/// (`files_by_name`, `files_by_date`, `files_by_size`, `files_by_type`) and reads only the page.
pub(crate) const fn list_statements(sort: Sort) -> [&'static str; 2] {
    match sort {
        Sort::Name => list_statement!("sort_key", ">", "ASC"),
        Sort::NameDescending => list_statement!("sort_key", "<", "DESC"),
        Sort::Date => list_statement!("modified_at", ">", "ASC"),
        Sort::DateDescending => list_statement!("modified_at", "<", "DESC"),
        Sort::Size => list_statement!("size", ">", "ASC"),
        Sort::SizeDescending => list_statement!("size", "<", "DESC"),
        Sort::Type => list_statement!("type_key", ">", "ASC"),
        Sort::TypeDescending => list_statement!("type_key", "<", "DESC"),
    }
}

/// One section of a folder, folders or files, in order.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Section {
    pub drive: DriveId,
    pub parent: FileId,
    pub kind: FileKind,
    pub sort: Sort,
}

/// Up to `limit` rows of the section after the row with `after`, leaving out the first `skip`.
pub async fn list(
    db: &Db,
    section: &Section,
    filter: &ListFilter,
    after: (SortValue, FileId),
    limit: i64,
    skip: i64,
) -> Result<Vec<File>, DbError> {
    let [sqlite, postgres] = list_statements(section.sort);
    let sql = match db.engine() {
        Engine::Sqlite => sqlite,
        Engine::Postgres => postgres,
    };
    let query = db.read(sql).bind(section.drive).bind(section.parent).bind(rank(section.kind));
    let query = match after.0 {
        SortValue::Number(number) => query.bind(number),
        SortValue::Bytes(bytes) => query.bind(bytes),
    };
    query
        .bind(after.1)
        .bind(filter.media_type.clone())
        .bind(filter.category.clone())
        .bind(filter.starred)
        .bind(filter.name_part.clone())
        .bind(limit)
        .bind(skip)
        .fetch_all()
        .await
}

/// How many rows a section has, counted up to `limit`.
pub async fn count(db: &Db, section: &Section, filter: &ListFilter, limit: i64) -> Result<i64, DbError> {
    macro_rules! statement {
        ($holds:literal) => {
            concat!(
                "SELECT COUNT(*) FROM (
                   SELECT 1 FROM files f
                   WHERE f.drive_id = $1 AND f.parent_id = $2 AND f.folder_rank = $3 AND f.deleted_at IS NULL
                     AND ($4 IS NULL OR f.media_type = $4) AND ($5 IS NULL OR f.category = $5)
                     AND ($6 IS NULL OR f.starred = $6) AND ($7 IS NULL OR ",
                $holds,
                ") LIMIT $8) AS counted"
            )
        };
    }
    let sql = match db.engine() {
        Engine::Sqlite => statement!("instr(f.name_key, $7) > 0"),
        Engine::Postgres => statement!("position($7 IN f.name_key) > 0"),
    };
    let (count,): (i64,) = db
        .read(sql)
        .bind(section.drive)
        .bind(section.parent)
        .bind(rank(section.kind))
        .bind(filter.media_type.clone())
        .bind(filter.category.clone())
        .bind(filter.starred)
        .bind(filter.name_part.clone())
        .bind(limit)
        .fetch_one()
        .await?;
    Ok(count)
}

const fn rank(kind: FileKind) -> i64 {
    match kind {
        FileKind::Folder => 0,
        FileKind::File => 1,
    }
}

/// The drive's trash, newest first, after the row with `after`. Uses index `files_in_trash`.
pub async fn trash(
    db: &Db,
    drive: DriveId,
    after: (Timestamp, FileId),
    limit: i64,
    skip: i64,
) -> Result<Vec<File>, DbError> {
    db.read(concat!(
        "SELECT ",
        columns!(),
        " FROM files f LEFT JOIN contents c ON c.id = f.content_id
         WHERE f.drive_id = $1 AND f.deleted_at IS NOT NULL AND (f.deleted_at, f.id) < ($2, $3)
         ORDER BY f.deleted_at DESC, f.id DESC LIMIT $4 OFFSET $5"
    ))
    .bind(drive)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .bind(skip)
    .fetch_all()
    .await
}

/// How many entries the drive's trash has, counted up to `limit`.
pub async fn count_trash(db: &Db, drive: DriveId, limit: i64) -> Result<i64, DbError> {
    let (count,): (i64,) = db
        .read(
            "SELECT COUNT(*) FROM (SELECT 1 FROM files WHERE drive_id = $1 AND deleted_at IS NOT NULL LIMIT $2) AS counted",
        )
        .bind(drive)
        .bind(limit)
        .fetch_one()
        .await?;
    Ok(count)
}

/// A folder above one of several files.
#[derive(Debug, Clone, sqlx::FromRow)]
struct AncestorOf {
    origin: FileId,
    id: FileId,
    parent_id: FileId,
    name: String,
    deleted_at: Option<Timestamp>,
}

/// The ways from the top down to each of the files, they themselves left out. One statement.
pub async fn paths(db: &Db, ids: &[FileId]) -> Result<HashMap<FileId, Vec<Ancestor>>, DbError> {
    macro_rules! statement {
        ($given:literal) => {
            concat!(
                "WITH RECURSIVE up (origin, id, parent_id, name, deleted_at, depth) AS (
                   SELECT id, id, parent_id, name, deleted_at, 0 FROM files WHERE id IN (",
                $given,
                ")
                   UNION ALL
                   SELECT up.origin, f.id, f.parent_id, f.name, f.deleted_at, up.depth + 1
                   FROM files f JOIN up ON f.id = up.parent_id WHERE up.depth < 200
                 )
                 SELECT origin, id, parent_id, name, deleted_at FROM up WHERE depth > 0 ORDER BY depth DESC"
            )
        };
    }
    let sql = match db.engine() {
        Engine::Sqlite => statement!("SELECT unhex(value) FROM json_each($1)"),
        Engine::Postgres => statement!("SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($1 AS JSON))"),
    };
    let given: Vec<_> = ids.iter().map(|id| id.uuid().simple().to_string()).collect();
    let rows: Vec<AncestorOf> = db.read(sql).bind(serde_json::json!(given).to_string()).fetch_all().await?;
    let mut paths: HashMap<_, Vec<_>> = HashMap::new();
    for AncestorOf { origin, id, parent_id, name, deleted_at } in rows {
        paths.entry(origin).or_default().push(Ancestor { id, parent_id, name, deleted_at });
    }
    Ok(paths)
}

/// Who owns the drive of a file, by name: what the file resource tells of its owner.
pub async fn owner_name(db: &Db, owner: UserId) -> Result<String, DbError> {
    let (name,): (String,) = db.read("SELECT name FROM users WHERE id = $1").bind(owner).fetch_one().await?;
    Ok(name)
}

/// What stands in the way of a name, and what the caller chose to do about it.
#[derive(Debug, Clone)]
pub enum Slot {
    /// The name is free.
    Free(FileName),
    /// This active file's content is to be replaced.
    Replace(Box<File>),
    /// The name is taken and the caller wants to be told.
    Taken(Box<File>),
}

/// Finds the place for `name` in a folder by the caller's choice.
pub async fn slot(tx: &mut Tx, parent: FileId, name: &FileName, choice: OnConflict) -> Result<Slot, DbError> {
    let Some(sibling) = sibling(tx, parent, name).await? else {
        return Ok(Slot::Free(name.clone()));
    };
    match choice {
        OnConflict::Replace if sibling.kind() == FileKind::File => Ok(Slot::Replace(Box::new(sibling))),
        OnConflict::Rename => Ok(Slot::Free(free_name(tx, parent, name).await?)),
        OnConflict::Fail | OnConflict::Replace => Ok(Slot::Taken(Box::new(sibling))),
    }
}
