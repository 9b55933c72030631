//! The two handles of the database: `read` for statements, `write` for transactions.

use futures_util::future::BoxFuture;
use sqlx::{PgPool, SqlitePool};

use crate::{
    connect,
    error::DbError,
    group_commit::Writer,
    query::{Query, Target},
    timing::timed,
    tx::Tx,
};

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

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date.
    pub async fn open(address: &str) -> Result<Self, DbError> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            let (connection, read) = connect::sqlite(path).await?;
            return Ok(Self(Inner::Sqlite { writer: Writer::spawn(Tx::on_sqlite(connection)), read }));
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
                    let mut tx = Tx::on_postgres(transaction);
                    let output = work(&mut tx).await?;
                    tx.commit().await?;
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
