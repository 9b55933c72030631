//! Rows put straight into the database: a million uploads would take an hour.

use std::{fmt::Write, path::PathBuf};

use fardel_domain::{checksum::Sha256, id::FileId, name::FileName, time::Clock};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use url::Url;
use uuid::Uuid;

use crate::Failure;

const ROWS_A_STATEMENT: usize = 500;

/// Where the rows go.
pub enum Database {
    /// The file of an SQLite database.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

/// A database of its own on the PostgreSQL server of a URL; gone when this is dropped.
pub struct FreshDatabase {
    server: String,
    name: String,
    /// The URL of the new database.
    pub url: String,
}

impl FreshDatabase {
    /// Makes it, with the rights of the URL's user.
    pub fn create(server: &str) -> Result<Self, Failure> {
        let name = format!("fardel_bench_{}", std::process::id());
        let mut url = Url::parse(server)?;
        url.set_path(&name);
        let fresh = Self { server: server.to_owned(), name, url: url.into() };
        fresh.run("CREATE DATABASE")?;
        Ok(fresh)
    }

    fn run(&self, command: &str) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut session = Session::open(&Database::Postgres(self.server.clone())).await?;
            session.run(format!("{command} {}", self.name)).await?;
            session.close().await
        })
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        if let Err(failure) = self.run("DROP DATABASE") {
            eprintln!("listing: {} is left behind: {failure}", self.name);
        }
    }
}

enum Session {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Adds `count` files named `file 1.txt`, `file 2.txt` … to the folder `parent`. The server must not run.
pub fn fill_folder(database: &Database, parent: &str, count: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut session = Session::open(database).await?;
        let parent: Uuid = parent.parse()?;
        let drive = session.drive_of(parent).await?;
        session.run("BEGIN".to_owned()).await?;
        let names: Vec<usize> = (1..=count).collect();
        for chunk in names.chunks(ROWS_A_STATEMENT) {
            for statement in session.inserts(drive, parent, chunk)? {
                session.run(statement).await?;
            }
        }
        let parent = session.uuid(parent);
        session.run(format!("UPDATE files SET child_count = child_count + {count} WHERE id = {parent}")).await?;
        session.run("COMMIT".to_owned()).await?;
        if let Session::Postgres(_) = session {
            // Autovacuum does this within a minute or so of a real load.
            session.run("VACUUM ANALYZE".to_owned()).await?;
        }
        session.close().await
    })
}

impl Session {
    async fn open(database: &Database) -> Result<Self, Failure> {
        Ok(match database {
            Database::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                Self::Sqlite(SqliteConnection::connect_with(&options).await?)
            }
            Database::Postgres(url) => Self::Postgres(PgConnection::connect(url).await?),
        })
    }

    async fn drive_of(&mut self, file: Uuid) -> Result<Uuid, Failure> {
        let sql = "SELECT drive_id FROM files WHERE id = $1";
        Ok(match self {
            Self::Sqlite(session) => sqlx::query_scalar(sql).bind(file).fetch_one(session).await?,
            Self::Postgres(session) => sqlx::query_scalar(sql).bind(file).fetch_one(session).await?,
        })
    }

    async fn run(&mut self, sql: String) -> Result<(), Failure> {
        match self {
            Self::Sqlite(session) => session.execute(AssertSqlSafe(sql)).await.map(drop)?,
            Self::Postgres(session) => session.execute(AssertSqlSafe(sql)).await.map(drop)?,
        }
        Ok(())
    }

    async fn close(self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(session) => session.close().await?,
            Self::Postgres(session) => session.close().await?,
        }
        Ok(())
    }

    /// The statements for some files, each with a content of its own. All values are made here, none comes
    /// from outside.
    fn inserts(&self, drive: Uuid, parent: Uuid, numbers: &[usize]) -> Result<[String; 2], Failure> {
        let now = Clock::system().now();
        let (drive, parent, type_key) = (self.uuid(drive), self.uuid(parent), self.bytes(b"txt"));
        let mut contents = String::from(
            "INSERT INTO contents (id, drive_id, checksum, size, part_count, media_type, object_key, etag, ref_count, \
             scan, created_at) VALUES ",
        );
        let mut files = String::from(
            "INSERT INTO files (id, drive_id, parent_id, folder_rank, name, name_key, sort_key, type_key, media_type, \
             category, content_id, size, version, content_version, visibility, starred, child_count, download_count, \
             modified_at, created_at, updated_at, change_seq) VALUES ",
        );
        for (at, number) in numbers.iter().enumerate() {
            let name = FileName::parse(&format!("file {number}.txt"))?;
            let (content, file) = (FileId::new(now).uuid(), FileId::new(now).uuid());
            let comma = if at == 0 { "" } else { ", " };
            let (checksum, now) = (Sha256::of(name.as_str().as_bytes()), now.micros());
            write!(
                contents,
                "{comma}({}, {drive}, {}, {number}, 1, 'text/plain', 'c/{content}', '{}', 1, 'skipped', {now})",
                self.uuid(content),
                self.bytes(checksum.as_bytes()),
                checksum.to_hex(),
            )?;
            write!(
                files,
                "{comma}({}, {drive}, {parent}, 1, '{name}', {}, {}, {type_key}, 'text/plain', 'text', {}, {number}, 1, \
                 1, 'private', FALSE, 0, 0, {now}, {now}, {now}, 0)",
                self.uuid(file),
                self.bytes(&name.key()),
                self.bytes(&name.sort_key()),
                self.uuid(content),
            )?;
        }
        Ok([contents, files])
    }

    fn uuid(&self, id: Uuid) -> String {
        match self {
            Self::Sqlite(_) => self.bytes(id.as_bytes()),
            Self::Postgres(_) => format!("'{id}'"),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        match self {
            Self::Sqlite(_) => format!("X'{}'", hex::encode(bytes)),
            Self::Postgres(_) => format!("'\\x{}'", hex::encode(bytes)),
        }
    }
}
