//! The rules of the database layer, held on SQLite and on PostgreSQL.

use std::{collections::HashSet, sync::atomic::AtomicU32, time::Instant};

use fardel_domain::{
    file::{FileKind, Sort},
    id::{DriveId, FileId, UserId},
    name::FileName,
    rights::Role,
    time::{Clock, Timestamp},
};

use crate::{
    Db, DbError, Engine, changes, drives,
    files::{self, ListFilter, NewFile, Section, SortValue},
    users::{self, User},
};

struct Fixture {
    db: Db,
    drive: DriveId,
    _folder: Option<tempfile::TempDir>,
}

/// One database of each engine, fresh, with one user and their drive.
async fn fixtures() -> Vec<Fixture> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Db::open(&format!("sqlite:{}/test.db", folder.path().display())).await.unwrap();
    let address = std::env::var("FARDEL_TEST_POSTGRES")
        .expect("FARDEL_TEST_POSTGRES names no server; run `make test`, which starts one");
    let postgres = Db::open(&fresh_postgres(&address).await).await.unwrap();
    vec![fixture(sqlite, Some(folder)).await, fixture(postgres, None).await]
}

async fn fresh_postgres(address: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("db_{}_{number}", std::process::id());
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(address).await.unwrap();
    let create: &'static str = Box::leak(format!("CREATE DATABASE {name}").into_boxed_str());
    sqlx::Executor::execute(&mut connection, create).await.unwrap();
    let (server, _) = address.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn fixture(db: Db, folder: Option<tempfile::TempDir>) -> Fixture {
    let now = Clock::system().now();
    let user = User {
        id: UserId::new(now),
        email: "ada@example.org".to_owned(),
        name: "Ada".to_owned(),
        role: Role::User,
        locale: None,
        password_hash: String::new(),
        created_at: now,
        updated_at: now,
        disabled_at: None,
    };
    let drive = DriveId::new(now);
    db.write(move |tx| {
        Box::pin(async move {
            users::insert(tx, &user).await?;
            drives::insert(tx, drive, user.id, None, now).await
        })
    })
    .await
    .unwrap();
    Fixture { db, drive, _folder: folder }
}

fn folder(drive: DriveId, name: &str, now: Timestamp) -> NewFile {
    NewFile {
        id: FileId::new(now),
        drive_id: drive,
        parent_id: drive.root(),
        name: FileName::parse(name).unwrap(),
        content: None,
        size: 0,
        modified_at: now,
        now,
    }
}

fn section(drive: DriveId, sort: Sort) -> Section {
    Section { drive, parent: drive.root(), kind: FileKind::Folder, sort }
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing_and_harms_no_neighbour() {
    for Fixture { db, drive, _folder } in fixtures().await {
        let now = Clock::system().now();
        let writes = (0..40).map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        files::insert(tx, folder(drive, &format!("folder {n}"), now)).await?;
                        if n % 2 == 0 { Ok(()) } else { Err(DbError::Address("refused".to_owned())) }
                    })
                })
                .await
            })
        });
        let mut succeeded = 0;
        for write in writes.collect::<Vec<_>>() {
            succeeded += usize::from(write.await.unwrap().is_ok());
        }
        assert_eq!(succeeded, 20);
        let rows = files::list(
            &db,
            &section(drive, Sort::Name),
            &ListFilter::default(),
            (SortValue::start(Sort::Name), FileId::from(uuid::Uuid::nil())),
            100,
            0,
        )
        .await
        .unwrap();
        assert_eq!(rows.len(), 20);
        assert_eq!(drives::by_id(&db, drive).await.unwrap().child_count, 20);
    }
}

#[tokio::test]
async fn equal_names_in_one_folder_are_a_duplicate() {
    for Fixture { db, drive, _folder } in fixtures().await {
        let now = Clock::system().now();
        let insert = |name: &'static str| {
            db.write(move |tx| Box::pin(async move { files::insert(tx, folder(drive, name, now)).await }))
        };
        insert("Report").await.unwrap();
        assert!(matches!(insert("REPORT").await, Err(DbError::Duplicate(_))));
    }
}

#[tokio::test]
async fn change_numbers_have_no_gap_under_concurrent_writers() {
    for Fixture { db, drive, _folder } in fixtures().await {
        let now = Clock::system().now();
        let writers = (0..16).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for n in 0..10 {
                    let number = db
                        .write(move |tx| {
                            Box::pin(async move {
                                drives::lock(tx, drive).await?;
                                let new = folder(drive, &format!("{writer} {n}"), now);
                                let id = new.id;
                                files::insert(tx, new).await?;
                                changes::record(tx, drive, id, changes::Op::Upsert, now).await
                            })
                        })
                        .await
                        .unwrap();
                    numbers.push(number);
                }
                numbers
            })
        });
        let mut numbers = HashSet::new();
        for writer in writers.collect::<Vec<_>>() {
            numbers.extend(writer.await.unwrap());
        }
        assert_eq!(numbers, (1..=160).collect());
    }
}

#[tokio::test]
async fn every_sort_is_a_range_of_its_index() {
    let sorts = [
        (Sort::Name, "files_by_name"),
        (Sort::NameDescending, "files_by_name"),
        (Sort::Date, "files_by_date"),
        (Sort::DateDescending, "files_by_date"),
        (Sort::Size, "files_by_size"),
        (Sort::SizeDescending, "files_by_size"),
        (Sort::Type, "files_by_type"),
        (Sort::TypeDescending, "files_by_type"),
    ];
    for Fixture { db, drive, _folder } in fixtures().await {
        fill(&db, drive, 3_000).await;
        for (sort, index) in sorts {
            let plan = plan(&db, drive, sort).await;
            assert!(plan.contains(index), "{sort:?} on {:?}: {plan}", db.engine());
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{sort:?} sorts: {plan}");
        }
    }
}

async fn fill(db: &Db, drive: DriveId, rows: usize) {
    let now = Clock::system().now();
    let start = Instant::now();
    db.write(move |tx| {
        Box::pin(async move {
            for n in 0..rows {
                files::insert(tx, folder(drive, &format!("folder {n}"), now)).await?;
            }
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    db.write(|tx| Box::pin(async move { tx.query("ANALYZE").execute().await.map(drop) })).await.unwrap();
    eprintln!("{rows} rows in {:?}", start.elapsed());
}

/// The engine's plan of a page from the middle of the listing.
async fn plan(db: &Db, drive: DriveId, sort: Sort) -> String {
    let [sqlite, postgres] = files::list_statements(sort);
    let (prefix, statement) = match db.engine() {
        Engine::Sqlite => ("EXPLAIN QUERY PLAN ", sqlite),
        Engine::Postgres => ("EXPLAIN ", postgres),
    };
    let sql: &'static str = Box::leak(format!("{prefix}{statement}").into_boxed_str());
    let query = db.read(sql).bind(drive).bind(drive.root()).bind(0_i64);
    let query = match SortValue::start(sort) {
        SortValue::Number(_) => query.bind(1_000_i64),
        SortValue::Bytes(_) => query.bind(FileName::parse("folder 1500").unwrap().sort_key()),
    };
    let query = query
        .bind(FileId::from(uuid::Uuid::nil()))
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(None::<bool>)
        .bind(None::<Vec<u8>>)
        .bind(100_i64)
        .bind(0_i64);
    match db.engine() {
        Engine::Sqlite => {
            let rows: Vec<(i64, i64, i64, String)> = query.fetch_all().await.unwrap();
            rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
        }
        Engine::Postgres => {
            let rows: Vec<(String,)> = query.fetch_all().await.unwrap();
            rows.into_iter().map(|row| row.0).collect::<Vec<_>>().join("\n")
        }
    }
}
