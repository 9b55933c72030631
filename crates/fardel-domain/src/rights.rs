//! Who asks, and what a file or folder lets them do.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ApiKeyId, SessionId, UserId},
    time::Timestamp,
};

/// What may be done with a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// See it and its content.
    Read,
    /// Change its name, place and content, and put files into it.
    Write,
    /// Give rights on it to others.
    Share,
    /// Move it to the trash and back.
    Delete,
}

impl Right {
    /// Every right: what an owner has.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Share, Self::Delete];
}

/// What an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// List, read and download files.
    #[serde(rename = "files.read")]
    FilesRead,
    /// Upload, change and delete files.
    #[serde(rename = "files.write")]
    FilesWrite,
    /// Make, change and revoke shares.
    #[serde(rename = "share")]
    Share,
    /// What administrators may do, if the owner is one.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::FilesRead, Self::FilesWrite, Self::Share, Self::Admin];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FilesRead => "files.read",
            Self::FilesWrite => "files.write",
            Self::Share => "share",
            Self::Admin => "admin",
        }
    }

    /// The scope with this name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// The scope that a key needs to use `right`.
    pub const fn for_right(right: Right) -> Self {
        match right {
            Right::Read => Self::FilesRead,
            Right::Write | Right::Delete => Self::FilesWrite,
            Right::Share => Self::Share,
        }
    }
}

/// What a user is to the whole installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Role {
    /// Has a drive of their own.
    User,
    /// Also looks after the installation.
    Admin,
}

/// Whoever was verified by the gateway to send a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Whose rights apply.
    pub user_id: UserId,
    /// What that user is to the installation.
    pub role: Role,
    /// By what they proved it.
    pub credential: Credential,
    /// When the proof ends, if it does: nothing handed out may outlive it.
    pub valid_until: Option<Timestamp>,
}

/// The proof behind an [`Actor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A person's session: all that the user may do.
    Session(SessionId),
    /// A program's key: what the user may do, cut down to the key's scopes.
    ApiKey(ApiKeyId, Vec<Scope>),
}

impl Actor {
    /// Whether the credential reaches as far as `scope`. An empty list of scopes reaches nothing.
    pub fn has_scope(&self, scope: Scope) -> bool {
        match &self.credential {
            Credential::Session(_) => true,
            Credential::ApiKey(_, scopes) => scopes.contains(&scope),
        }
    }

    /// The session, when a person asks; account matters are for persons only.
    pub fn session(&self) -> Option<SessionId> {
        match self.credential {
            Credential::Session(id) => Some(id),
            Credential::ApiKey(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reaches_only_its_scopes() {
        let now = Timestamp::from_micros(0);
        let actor = |scopes| Actor {
            user_id: UserId::new(now),
            role: Role::Admin,
            credential: Credential::ApiKey(ApiKeyId::new(now), scopes),
            valid_until: None,
        };
        assert!(!actor(vec![]).has_scope(Scope::FilesRead));
        assert!(actor(vec![Scope::FilesRead]).has_scope(Scope::for_right(Right::Read)));
        assert!(!actor(vec![Scope::FilesRead]).has_scope(Scope::for_right(Right::Delete)));
        assert!(!actor(vec![Scope::Admin]).has_scope(Scope::FilesRead));
    }
}
