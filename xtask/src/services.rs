//! Private servers for the tests: PostgreSQL and an S3 store on free loopback ports with data that is
//! thrown away. They end with this process, whatever ends it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime},
};

use crate::{
    Outcome,
    child::{self, Keeper},
    packages, workspace,
};

const S3_MODULE: &str = "github.com/versity/versitygw";
const S3_VERSION: &str = "v1.8.0";
const S3_ACCESS_KEY: &str = "fardel-test";
const S3_SECRET_KEY: &str = "fardel-test-secret";
/// The adapter's tests make this one.
const S3_BUCKET: &str = "fardel-test";
/// This one is there for the program, which expects its bucket to exist.
pub const S3_READY_BUCKET: &str = "fardel-ready";
const POSTGRES_PASSWORD: &str = "fardel-test";
const FOLDER_PREFIX: &str = "fardel-test-services-";

/// The running servers, and what tells the tests where they are.
pub struct Services {
    /// Environment variables for the tests.
    pub environment: Vec<(&'static str, String)>,
    _keepers: Vec<Keeper>,
}

impl Services {
    /// Starts all of them. `logs` is the folder for what they print.
    pub fn start(logs: &Path) -> Outcome<Self> {
        let (database, database_keeper) = some_attempts(|| postgresql(logs))?;
        let (store, store_keeper) = some_attempts(|| s3(logs))?;
        let environment = vec![
            ("FARDEL_TEST_POSTGRES", database),
            ("FARDEL_TEST_S3", store),
            ("FARDEL_TEST_S3_ACCESS_KEY", S3_ACCESS_KEY.to_owned()),
            ("FARDEL_TEST_S3_SECRET_KEY", S3_SECRET_KEY.to_owned()),
            ("FARDEL_TEST_S3_BUCKET", S3_BUCKET.to_owned()),
        ];
        Ok(Self { environment, _keepers: vec![database_keeper, store_keeper] })
    }
}

/// Builds the S3 server into `target/services/bin` unless this version is there.
pub fn install() -> Outcome {
    let program = s3_program();
    let advice = "install Go 1.24 or newer (go.dev, or Debian's package `golang`)";
    if child::find("go").is_none() {
        return Err(format!("Go is missing, which builds the S3 server that the tests run against: {advice}"));
    }
    let is_wanted = |text: String| text.contains(&format!("{S3_MODULE}\t{S3_VERSION}"));
    if child::output(Command::new("go").args(["version", "-m"]).arg(&program)).is_ok_and(is_wanted) {
        return Ok(());
    }
    eprintln!("building the S3 server {S3_MODULE} {S3_VERSION} (about two minutes)");
    let folder = program.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let mut go = Command::new("go");
    go.args(["install", &format!("{S3_MODULE}/cmd/versitygw@{S3_VERSION}")])
        .env("GOBIN", folder)
        .current_dir("/")
        .stdout(std::io::stderr());
    if std::env::var_os("HOME").is_none() {
        go.env("GOPATH", folder.join("../go")).env("GOCACHE", folder.join("../go-cache"));
    }
    child::run(&mut go).map_err(|reason| format!("the S3 server cannot be built: {reason}; {advice}"))
}

/// Removes the built server and the data of interrupted runs.
pub fn clean() -> Outcome {
    let built = workspace::target().join("services");
    if built.exists() {
        fs::remove_dir_all(&built).map_err(|error| format!("{} cannot be removed: {error}", built.display()))?;
    }
    for entry in Path::new("/tmp").read_dir().into_iter().flatten().flatten() {
        // A run that is still going on keeps its folder: its number is that of a live process.
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(process) = name.strip_prefix(FOLDER_PREFIX).and_then(|rest| rest.split('-').next()) else { continue };
        if !Path::new("/proc").join(process).exists() {
            fs::remove_dir_all(entry.path())
                .map_err(|error| format!("{} cannot be removed: {error}", entry.path().display()))?;
        }
    }
    Ok(())
}

fn s3_program() -> PathBuf {
    workspace::target().join("services/bin/versitygw")
}

/// Another process may take a free port before the server does.
fn some_attempts<T>(start: impl Fn() -> Outcome<T>) -> Outcome<T> {
    start().or_else(|_| start()).or_else(|_| start())
}

/// A folder that the unprivileged user of a server can pass through. Not in the clone, which may lie
/// under a folder that only its owner may enter.
fn folder(of: &str) -> Outcome<PathBuf> {
    let instant = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.subsec_nanos());
    let folder = PathBuf::from(format!("/tmp/{FOLDER_PREFIX}{}-{of}-{instant}", std::process::id()));
    fs::create_dir(&folder)
        .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)))
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}

/// Starts `command` and ends it with `signal`, then removes `folder`, when the keeper goes.
fn serve(signal: &str, log: &Path, folder: &Path, command: &[String]) -> Outcome<Keeper> {
    let before = "log=$1 folder=$2\nshift 2\n\"$@\" >>\"$log\" 2>&1 </dev/null &\nserver=$!";
    let after = format!("kill -{signal} $server\nwait $server\nrm -rf -- \"$folder\"");
    let (log, folder) = (log.to_string_lossy(), folder.to_string_lossy());
    let arguments = [log.as_ref(), folder.as_ref()].into_iter().chain(command.iter().map(String::as_str));
    Keeper::start(before, &after, arguments)
        .map_err(|error| format!("`setsid` (package util-linux) cannot be started: {error}"))
}

fn wait_for(what: &str, log: &Path, mut is_ready: impl FnMut() -> bool) -> Outcome {
    let start = Instant::now();
    while !is_ready() {
        if start.elapsed() > Duration::from_secs(30) {
            let said = fs::read_to_string(log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(5).collect();
            return Err(format!("{what} did not start within 30 s; its last lines: {}", last.join(" | ")));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port on 127.0.0.1: {error}"))
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made.
fn as_database_user() -> Vec<String> {
    if packages::user_id().as_deref() != Some("0") {
        return Vec::new();
    }
    let exists = |user: &&str| child::output(Command::new("id").args(["-u", user])).is_ok();
    let user = ["postgres", "nobody"].into_iter().find(exists).unwrap_or("nobody");
    let group = child::output(Command::new("id").args(["-gn", user])).unwrap_or_default();
    ["setpriv", "--reuid", user, "--regid", group.trim(), "--clear-groups"].map(str::to_owned).into()
}

fn postgresql(logs: &Path) -> Outcome<(String, Keeper)> {
    let bin = packages::postgresql_bin().ok_or("PostgreSQL's server programs are not there (package postgresql)")?;
    let program = |name: &str| bin.join(name).to_string_lossy().into_owned();
    let (folder, log, port) = (folder("postgresql")?, logs.join("postgresql.log"), free_port()?);
    let (data, password) = (folder.join("data"), folder.join("password"));
    let user = as_database_user();
    let setup = || -> std::io::Result<()> {
        fs::create_dir(&data)?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
        fs::write(&password, POSTGRES_PASSWORD)?;
        if let Some(name) = user.get(2) {
            let number =
                child::output(Command::new("id").args(["-u", name])).ok().and_then(|id| id.trim().parse().ok());
            std::os::unix::fs::chown(&data, number, None)?;
        }
        Ok(())
    };
    setup().map_err(|error| format!("{} cannot be prepared: {error}", folder.display()))?;
    let (data, password) = (data.to_string_lossy().into_owned(), password.to_string_lossy().into_owned());

    let with_user = |arguments: &[&str]| -> Vec<String> {
        user.iter().cloned().chain(arguments.iter().map(|word| (*word).to_owned())).collect()
    };
    let initdb = program("initdb");
    let words = with_user(&[
        &initdb,
        "--pgdata",
        &data,
        "--username",
        "fardel",
        "--pwfile",
        &password,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale",
        "C",
        "--no-sync",
    ]);
    let made = child::output(Command::new(&words[0]).args(&words[1..]).current_dir(&folder));
    if let Err(reason) = made {
        let _ = fs::remove_dir_all(&folder);
        return Err(reason);
    }
    let (postgres, port) = (program("postgres"), port.to_string());
    let words = with_user(&[
        &postgres,
        "-D",
        &data,
        "-p",
        &port,
        "-h",
        "127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "max_connections=200",
        "-c",
        "fsync=on",
        "-c",
        "shared_buffers=64MB",
    ]);
    // QUIT: the data is thrown away, so no checkpoint is waited for.
    let keeper = serve("QUIT", &log, &folder, &words)?;
    let ready = program("pg_isready");
    wait_for("PostgreSQL", &log, || {
        child::output(Command::new(&ready).args([
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "fardel",
            "-d",
            "postgres",
        ]))
        .is_ok()
    })?;
    Ok((format!("postgres://fardel:{POSTGRES_PASSWORD}@127.0.0.1:{port}/postgres"), keeper))
}

fn s3(logs: &Path) -> Outcome<(String, Keeper)> {
    let (folder, log, port) = (folder("s3")?, logs.join("s3.log"), free_port()?);
    let data = folder.join("data");
    // A folder in the root is a bucket.
    fs::create_dir_all(data.join(S3_READY_BUCKET))
        .map_err(|error| format!("{} cannot be made: {error}", data.display()))?;
    let address = format!("127.0.0.1:{port}");
    let words: Vec<String> = [
        "env",
        &format!("ROOT_ACCESS_KEY={S3_ACCESS_KEY}"),
        &format!("ROOT_SECRET_KEY={S3_SECRET_KEY}"),
        &s3_program().to_string_lossy(),
        "--port",
        &address,
        "--region",
        "us-east-1",
        "--keep-alive",
        "--quiet",
        "--health",
        "/health",
        "posix",
        &data.to_string_lossy(),
    ]
    .map(str::to_owned)
    .into();
    let keeper = serve("KILL", &log, &folder, &words)?;
    wait_for("the S3 server", &log, || is_healthy(&address))?;
    Ok((format!("http://{address}"), keeper))
}

fn is_healthy(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(connection, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        connection.read_exact(&mut answer)?;
        Ok(&answer == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
