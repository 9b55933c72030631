//! Typed identifiers: `UUIDv7` as text on the wire, 16 bytes in the database.
//!
//! Each kind of thing has its own type, so that a user's id can never stand where a file's is due.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// The text is no UUID.
#[derive(Debug, thiserror::Error)]
#[error("is no id: expected a UUID such as 0192f0c1-2345-7abc-8def-0123456789ab")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
            utoipa::ToSchema,
        )]
        #[sqlx(transparent)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid, example = "0192f0c1-2345-7abc-8def-0123456789ab")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, ordered by `now` (RFC 9562 version 7).
            pub fn new(now: Timestamp) -> Self {
                let micros = now.micros().max(0).unsigned_abs();
                let seconds = micros / 1_000_000;
                let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
                Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)))
            }

            /// The raw UUID, for the database.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )*};
}

ids! {
    /// A person with an account.
    UserId,
    /// A sign-in and all refresh tokens that followed from it.
    SessionId,
    /// A key that a program uses in place of a person's session.
    ApiKeyId,
    /// A library of files with one owner, one quota and one change sequence.
    DriveId,
    /// A file or a folder; also the upload that will become it.
    FileId,
    /// One stored content that files and versions point at.
    ContentId,
    /// One piece of background work.
    JobId,
}

impl DriveId {
    /// The parent of the drive's top-level files: the drive itself stands in for its root folder.
    pub const fn root(self) -> FileId {
        FileId(self.0)
    }
}
