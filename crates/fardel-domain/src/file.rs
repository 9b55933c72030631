//! The words for files and folders that flows, database and page share.

use serde::{Deserialize, Serialize};

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum FileKind {
    Folder,
    File,
}

/// Who may read a file without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Visibility {
    /// Those with a right.
    Private,
    /// Everybody who has the address.
    Public,
}

/// What happens when an active sibling has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum OnConflict {
    /// Answer 409 `name-taken`.
    #[default]
    Fail,
    /// Take the next free name: `report (2).pdf`.
    Rename,
    /// The new content becomes the file's next version.
    Replace,
}

/// The order of a listing; folders come before files in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Sort {
    /// By name, "file 9" before "file 10".
    #[default]
    #[serde(rename = "name")]
    Name,
    /// By name, backwards.
    #[serde(rename = "-name")]
    NameDescending,
    /// Oldest first.
    #[serde(rename = "date")]
    Date,
    /// Newest first.
    #[serde(rename = "-date")]
    DateDescending,
    /// Smallest first.
    #[serde(rename = "size")]
    Size,
    /// Largest first.
    #[serde(rename = "-size")]
    SizeDescending,
    /// By extension, then by name.
    #[serde(rename = "type")]
    Type,
    /// By extension, backwards.
    #[serde(rename = "-type")]
    TypeDescending,
}
