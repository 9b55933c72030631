//! How the database fails.

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Another row has the same unique key; the name of the index or its columns.
    #[error("a row with this key exists already ({0})")]
    Duplicate(String),
    /// No space is left on the database's disk.
    #[error("the database's disk is full")]
    Full,
    /// The database cannot be reached; the same call may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(sqlx::Error),
    /// The database refused a statement.
    #[error("the database failed: {0}")]
    Failed(sqlx::Error),
    /// The database address is not understood.
    #[error("{0}")]
    Address(String),
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated: {0}")]
    Migration(sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => {
                Self::Duplicate(inner.constraint().map_or_else(|| inner.message().to_owned(), str::to_owned))
            }
            // SQLITE_FULL, and PostgreSQL's disk_full.
            sqlx::Error::Database(inner) if matches!(inner.code().as_deref(), Some("13" | "53100")) => Self::Full,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            // PostgreSQL: connection exceptions, shutting down, lock and statement timeouts, deadlocks.
            sqlx::Error::Database(inner)
                if inner.code().is_some_and(|code| {
                    code.starts_with("08")
                        || code.starts_with("57P")
                        || matches!(&*code, "55P03" | "57014" | "40P01" | "53300")
                }) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Failed(error),
        }
    }
}
