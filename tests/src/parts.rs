//! Which engines stand behind the server under test.

use std::{
    env,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// The engines of a test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// SQLite and the built-in object store.
    Embedded,
    /// PostgreSQL and an S3 server, private ones that `cargo xtask test` starts.
    Scaled,
}

/// What `FARDEL_TEST_PARTS` says: `embedded`, the default, or `scaled`.
pub fn parts() -> Parts {
    match env::var("FARDEL_TEST_PARTS").as_deref() {
        Err(_) | Ok("" | "embedded") => Parts::Embedded,
        Ok("scaled") => Parts::Scaled,
        Ok(other) => panic!("FARDEL_TEST_PARTS is {other:?}; it may be embedded or scaled"),
    }
}

/// How many servers of this process got a database so far.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The environment that puts a new server on engines of its own: an own database, an own prefix of keys.
pub(crate) fn environment() -> Vec<(String, String)> {
    if parts() == Parts::Embedded {
        return Vec::new();
    }
    let name = format!("fardel_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let admin = given("FARDEL_TEST_POSTGRES");
    let made = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", &admin, "-c", &format!("CREATE DATABASE {name}")])
        .output()
        .expect("psql runs (package postgresql-client)");
    assert!(made.status.success(), "no database could be made: {}", String::from_utf8_lossy(&made.stderr));
    let mut database = url::Url::parse(&admin).expect("FARDEL_TEST_POSTGRES is a URL");
    database.set_path(&name);

    let mut storage = url::Url::parse(&format!("s3://{}", given("FARDEL_TEST_S3_BUCKET"))).expect("a bucket's name");
    storage
        .query_pairs_mut()
        .append_pair("endpoint", &given("FARDEL_TEST_S3"))
        .append_pair("region", "us-east-1")
        .append_pair("path_style", "true");
    vec![
        ("FARDEL_DATABASE".to_owned(), database.into()),
        ("FARDEL_STORAGE".to_owned(), storage.into()),
        ("AWS_ACCESS_KEY_ID".to_owned(), given("FARDEL_TEST_S3_ACCESS_KEY")),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), given("FARDEL_TEST_S3_SECRET_KEY")),
    ]
}

fn given(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set; run `cargo xtask test api-scaled`, which starts the engines that these tests need")
    })
}
