//! A transaction in progress, on either engine.

use sqlx::{Postgres, SqliteConnection, Transaction};

use crate::{
    error::DbError,
    query::{Query, Target},
};

/// A transaction in progress.
pub struct Tx(Inner);

enum Inner {
    Sqlite(SqliteConnection),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// The writer's connection; its transactions are begun and ended by `control`.
    pub(crate) fn on_sqlite(connection: SqliteConnection) -> Self {
        Self(Inner::Sqlite(connection))
    }

    /// A transaction that was begun.
    pub(crate) fn on_postgres(transaction: Transaction<'static, Postgres>) -> Self {
        Self(Inner::Postgres(transaction))
    }

    /// A statement inside the transaction.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        let target = match &mut self.0 {
            Inner::Sqlite(connection) => Target::Sqlite(connection),
            Inner::Postgres(transaction) => Target::Postgres(transaction),
        };
        Query::new(target, sql)
    }

    /// A statement whose text must differ between the engines.
    pub fn dialect(&mut self, sqlite: &'static str, postgres: &'static str) -> Query<'_> {
        let sql = match self.0 {
            Inner::Sqlite(_) => sqlite,
            Inner::Postgres(_) => postgres,
        };
        self.query(sql)
    }

    /// `BEGIN`, `SAVEPOINT`, `COMMIT` and the like.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), DbError> {
        self.query(sql).execute().await.map(drop)
    }

    /// Ends a transaction of [`Self::on_postgres`].
    pub(crate) async fn commit(self) -> Result<(), DbError> {
        match self.0 {
            Inner::Postgres(transaction) => Ok(transaction.commit().await?),
            Inner::Sqlite(_) => Ok(()),
        }
    }

    /// Closes a connection of [`Self::on_sqlite`].
    pub(crate) async fn close(self) {
        if let Inner::Sqlite(connection) = self.0 {
            let _ = sqlx::Connection::close(connection).await;
        }
    }
}
