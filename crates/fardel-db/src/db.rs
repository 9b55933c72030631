//! The two handles of the database: `read` for statements, `write` for transactions.

use futures_util::future::BoxFuture;
use sqlx::{PgPool, Postgres, SqliteConnection, SqlitePool, Transaction};

use crate::{
    connect,
    group_commit::Writer,
    query::{Query, Target},
    timing::timed,
};

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

/// Which engine is behind a [`Db`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Inner);

#[derive(Clone)]
enum Inner {
    Sqlite { writer: Writer, read: SqlitePool },
    Postgres { primary: PgPool },
}

/// A transaction in progress.
pub struct Tx(TxInner);

enum TxInner {
    Sqlite(SqliteConnection),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date.
    pub async fn open(address: &str) -> Result<Self, DbError> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            let (connection, read) = connect::sqlite(path).await?;
            return Ok(Self(Inner::Sqlite { writer: Writer::spawn(Tx(TxInner::Sqlite(connection))), read }));
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self(Inner::Postgres { primary: connect::postgres(address).await? }));
        }
        Err(DbError::Address("the database must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned()))
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Inner::Sqlite { .. } => Engine::Sqlite,
            Inner::Postgres { .. } => Engine::Postgres,
        }
    }

    /// A statement that only reads.
    pub fn read(&self, sql: &'static str) -> Query<'_> {
        let target = match &self.0 {
            Inner::Sqlite { read, .. } => Target::SqlitePool(read),
            Inner::Postgres { primary } => Target::PostgresPool(primary),
        };
        Query::new(target, sql)
    }

    /// Runs `work` as one transaction: all of it or nothing. Returns after the commit, so what it
    /// returns is durable. On SQLite several callers share one commit; a failed one harms no other.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.0 {
            Inner::Sqlite { writer, .. } => timed(writer.run(work)).await,
            Inner::Postgres { primary } => {
                timed(async {
                    let transaction = primary.begin().await.map_err(DbError::from)?;
                    let mut tx = Tx(TxInner::Postgres(transaction));
                    let output = work(&mut tx).await?;
                    if let TxInner::Postgres(transaction) = tx.0 {
                        transaction.commit().await.map_err(DbError::from)?;
                    }
                    Ok(output)
                })
                .await
            }
        }
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        match &self.0 {
            Inner::Sqlite { writer, read } => {
                read.close().await;
                writer.close().await;
            }
            Inner::Postgres { primary } => primary.close().await,
        }
    }
}

impl Tx {
    /// A statement inside the transaction.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        let target = match &mut self.0 {
            TxInner::Sqlite(connection) => Target::Sqlite(connection),
            TxInner::Postgres(transaction) => Target::Postgres(transaction),
        };
        Query::new(target, sql)
    }

    /// A statement whose text must differ between the engines.
    pub fn dialect(&mut self, sqlite: &'static str, postgres: &'static str) -> Query<'_> {
        let sql = match self.0 {
            TxInner::Sqlite(_) => sqlite,
            TxInner::Postgres(_) => postgres,
        };
        self.query(sql)
    }

    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), DbError> {
        self.query(sql).execute().await.map(drop)
    }

    pub(crate) async fn end(self) {
        if let TxInner::Sqlite(connection) = self.0 {
            let _ = sqlx::Connection::close(connection).await;
        }
    }
}
