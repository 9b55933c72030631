//! A statement with its parameters, for either engine.

use sqlx::{
    Arguments, Encode, FromRow, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Type,
    postgres::{PgArguments, PgRow},
    query_as_with, query_with,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{error::DbError, timing::timed};

/// A value that both engines take as a parameter.
pub trait Param: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> {}
impl<T> Param for T where T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> {}

/// A row type that both engines can fill; `#[derive(sqlx::FromRow)]` makes one.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Where a statement runs.
pub(crate) enum Target<'c> {
    SqlitePool(&'c SqlitePool),
    Sqlite(&'c mut SqliteConnection),
    PostgresPool(&'c PgPool),
    Postgres(&'c mut PgConnection),
}

enum Bound {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

/// A statement being given its parameters, `$1` first.
#[must_use]
pub struct Query<'c> {
    target: Target<'c>,
    sql: &'static str,
    arguments: Bound,
    fault: Option<sqlx::Error>,
}

macro_rules! run {
    ($self:ident, $build:ident, $method:ident) => {{
        if let Some(fault) = $self.fault {
            return Err(fault.into());
        }
        let sql = $self.sql;
        timed(async {
            match ($self.target, $self.arguments) {
                (Target::SqlitePool(pool), Bound::Sqlite(arguments)) => $build(sql, arguments).$method(pool).await,
                (Target::Sqlite(connection), Bound::Sqlite(arguments)) => {
                    $build(sql, arguments).$method(connection).await
                }
                (Target::PostgresPool(pool), Bound::Postgres(arguments)) => $build(sql, arguments).$method(pool).await,
                (Target::Postgres(connection), Bound::Postgres(arguments)) => {
                    $build(sql, arguments).$method(connection).await
                }
                _ => Err(sqlx::Error::Protocol("arguments of another engine".to_owned())),
            }
        })
        .await
    }};
}

impl<'c> Query<'c> {
    pub(crate) fn new(target: Target<'c>, sql: &'static str) -> Self {
        let arguments = match target {
            Target::SqlitePool(_) | Target::Sqlite(_) => Bound::Sqlite(SqliteArguments::default()),
            Target::PostgresPool(_) | Target::Postgres(_) => Bound::Postgres(PgArguments::default()),
        };
        Self { target, sql, arguments, fault: None }
    }

    /// Gives the next parameter.
    pub fn bind(mut self, value: impl Param) -> Self {
        let added = match &mut self.arguments {
            Bound::Sqlite(arguments) => Arguments::add(arguments, value),
            Bound::Postgres(arguments) => Arguments::add(arguments, value),
        };
        if let Err(error) = added {
            self.fault = Some(sqlx::Error::Encode(error));
        }
        self
    }

    /// All rows.
    pub async fn fetch_all<R: Record>(self) -> Result<Vec<R>, DbError> {
        Ok(run!(self, query_as_with, fetch_all)?)
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<R: Record>(self) -> Result<Option<R>, DbError> {
        Ok(run!(self, query_as_with, fetch_optional)?)
    }

    /// The only row.
    pub async fn fetch_one<R: Record>(self) -> Result<R, DbError> {
        Ok(run!(self, query_as_with, fetch_one)?)
    }

    /// Runs the statement; how many rows it changed.
    pub async fn execute(self) -> Result<u64, DbError> {
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        let sql = self.sql;
        Ok(timed(async {
            match (self.target, self.arguments) {
                (Target::SqlitePool(pool), Bound::Sqlite(a)) => {
                    Ok(query_with(sql, a).execute(pool).await?.rows_affected())
                }
                (Target::Sqlite(c), Bound::Sqlite(a)) => Ok(query_with(sql, a).execute(c).await?.rows_affected()),
                (Target::PostgresPool(pool), Bound::Postgres(a)) => {
                    Ok(query_with(sql, a).execute(pool).await?.rows_affected())
                }
                (Target::Postgres(c), Bound::Postgres(a)) => Ok(query_with(sql, a).execute(c).await?.rows_affected()),
                _ => Err(sqlx::Error::Protocol("arguments of another engine".to_owned())),
            }
        })
        .await?)
    }
}
