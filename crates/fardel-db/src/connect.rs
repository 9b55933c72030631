//! Opening the engines, with the settings that make an answered write durable.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, SqliteConnection, SqlitePool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::error::DbError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 20;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// One connection that writes and a pool that reads. `synchronous=FULL`: with NORMAL a power cut
/// loses rows that were already answered (measured).
pub(crate) async fn sqlite(path: &str) -> Result<(SqliteConnection, SqlitePool), DbError> {
    let options = SqliteConnectOptions::from_str(&format!("sqlite:{path}"))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("mmap_size", "268435456")
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let mut writer = options.connect().await?;
    MIGRATIONS.run(&mut writer).await.map_err(DbError::Migration)?;
    let read = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok((writer, read))
}

/// A pool on the primary.
pub(crate) async fn postgres(address: &str) -> Result<PgPool, DbError> {
    let options = PgConnectOptions::from_str(address)?
        .application_name("fardel")
        .options([("statement_timeout", "30s"), ("lock_timeout", "10s")])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    MIGRATIONS.run(&pool).await.map_err(DbError::Migration)?;
    Ok(pool)
}
