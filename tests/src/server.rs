//! The program under test: started for real, spoken to over HTTP and by its command line.

use std::{
    env,
    fs::{self, File},
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{Client, Person, parts};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server with its own data. It ends, and its data goes, with this value or with the test
/// process, however that ends.
pub struct Server {
    process: Option<Child>,
    keeper: Option<Child>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    address: SocketAddr,
    setup_code: Option<String>,
    people: AtomicU32,
    /// Set when the data folder is a small file system of its own, which only the server's process sees.
    disk: Option<String>,
}

/// How a server is started.
#[derive(Debug, Default)]
pub struct Start {
    environment: Vec<(String, String)>,
    disk: Option<String>,
}

impl Start {
    /// Sets a configuration key: `set("max_file_size", "1MiB")`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.environment.push((variable(key), value.to_owned()));
        self
    }

    /// Starts the server and waits until it listens.
    pub fn start(self) -> Server {
        let folder = tempfile::Builder::new().prefix("fardel-test-").tempdir().expect("a folder for data").keep();
        let mut environment = parts::environment();
        // The suites ask faster than people do; a suite about limits sets its own after these.
        for key in ["rate_limits.login", "rate_limits.presign", "rate_limits.other"] {
            environment.push((variable(key), "1000000".to_owned()));
        }
        environment.extend(self.environment);
        let mut server = Server {
            process: None,
            keeper: None,
            folder,
            environment,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            setup_code: None,
            people: AtomicU32::new(0),
            disk: self.disk,
        };
        server.launch();
        server
    }
}

fn variable(key: &str) -> String {
    format!("FARDEL_{}", key.to_uppercase().replace('.', "__"))
}

impl Server {
    /// One server for all tests of a suite; each test has its own people on it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of one's own with the suites' settings.
    pub fn start() -> Self {
        Start::default().start()
    }

    /// A server of one's own with one setting changed.
    pub fn with(key: &str, value: &str) -> Start {
        Start::default().set(key, value)
    }

    /// A server whose data folder is a file system of `size`, such as `48m`; none where this user may
    /// not mount one. Only the server sees it: accounts are made over HTTP.
    pub fn on_a_small_disk(size: &str) -> Option<Self> {
        let may_mount = Command::new("unshare")
            .args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        may_mount.then(|| Start { disk: Some(size.to_owned()), ..Start::default() }.start())
    }

    /// Starts the process again on the same data and address, after [`Self::kill`] or [`Self::stop`].
    pub fn launch(&mut self) {
        let log = File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let seen = fs::metadata(self.log_path()).map_or(0, |log| log.len());
        let child = self
            .serve_command()
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program().display()));
        self.keeper = Some(keeper(child.id(), &self.folder));
        self.process = Some(child);
        let (address, code) = self.wait_until_listening(usize::try_from(seen).unwrap_or(0));
        self.address = address;
        self.setup_code = code.or(self.setup_code.take());
    }

    fn serve_command(&self) -> Command {
        let address = self.address.to_string();
        let serve = self.command(&["serve", "--listen", &address]);
        let Some(size) = &self.disk else { return serve };
        fs::create_dir_all(self.data()).expect("a data folder");
        let script = "mount -t tmpfs -o mode=700,size=$1 tmpfs \"$2\" && shift 2 && exec \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--mount", "sh", "-c", script, "sh", size])
            .arg(self.data())
            .arg(serve.get_program())
            .args(serve.get_args())
            .current_dir(&self.folder);
        for (name, value) in serve.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn wait_until_listening(&mut self, seen: usize) -> (SocketAddr, Option<String>) {
        let start = Instant::now();
        loop {
            let log = self.log();
            let lines = log.get(seen..).unwrap_or_default().lines();
            let listening = lines.clone().find_map(|line| {
                let event: Value = serde_json::from_str(line).ok()?;
                (event["message"] == "listening").then(|| event["address"].as_str()?.parse().ok())?
            });
            if let Some(address) = listening {
                let code = lines.clone().find_map(|line| Some(line.split_once("/setup#code=")?.1.trim().to_owned()));
                return (address, code);
            }
            let status = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            assert!(status.is_none(), "the server ended ({status:?}) before it listened:\n{log}");
            assert!(start.elapsed() < START_LIMIT, "the server does not listen after {START_LIMIT:?}:\n{log}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its public URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The process's number.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// The one-time code that it printed because nobody had an account yet.
    pub fn setup_code(&self) -> &str {
        self.setup_code.as_deref().expect("the server printed a set-up code")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// All that it printed so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.release_keeper();
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the process can be killed");
            process.wait().expect("the process can be waited for");
        }
    }

    /// Sends SIGTERM and tells how and how fast it ended; panics after `limit`.
    pub fn stop(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let mut process = self.process.take().expect("the server runs");
        let start = Instant::now();
        signal(process.id(), "TERM");
        loop {
            if let Some(status) = process.try_wait().expect("the process can be waited for") {
                self.release_keeper();
                return (status, start.elapsed());
            }
            if start.elapsed() > limit {
                let _ = process.kill();
                let _ = process.wait();
                panic!("the server runs on {limit:?} after SIGTERM:\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn release_keeper(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
    }

    /// The program with this server's data and settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("FARDEL_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .current_dir(&self.folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs the program to its end with `input` on its standard input.
    pub fn cli(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program().display()));
        // A program that ends without reading its input is no failure here.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("the program ends")
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(self.url(), self.log_path())
    }

    /// A new account, signed in.
    pub async fn person(&self) -> Person {
        self.add_person(&[]).await
    }

    /// A new account with `quota`, such as `10MiB`, signed in.
    pub async fn person_with_quota(&self, quota: &str) -> Person {
        self.add_person(&["--quota", quota]).await
    }

    /// A new administrator, signed in.
    pub async fn administrator(&self) -> Person {
        self.add_person(&["--admin"]).await
    }

    async fn add_person(&self, flags: &[&str]) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let (email, password) = (format!("person{number}@example.org"), format!("correct horse battery {number}"));
        let arguments = [&["user", "add", &email, "--name", "A Person", "--password-stdin"], flags].concat();
        let output = self.cli(&arguments, &password);
        assert!(output.status.success(), "`user add` failed: {}", String::from_utf8_lossy(&output.stderr));
        Person::sign_in(self.anonymous(), &email, &password).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(4_000);
            eprintln!("---- the end of the server's log\n{}", log.get(from..).unwrap_or(&log));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{name} cannot be sent");
}

/// The built program: `FARDEL_BIN`, or the one in the folder that holds this test's.
fn program() -> PathBuf {
    if let Some(program) = env::var_os("FARDEL_BIN") {
        return program.into();
    }
    let test = env::current_exe().expect("the test's own path");
    let program = test.parent().and_then(Path::parent).map(|profile| profile.join("fardel")).unwrap_or_default();
    assert!(program.is_file(), "{} is not built; run `cargo build --workspace`", program.display());
    program
}

/// A shell that ends the server and removes its data when the pipe to this process breaks: servers in
/// statics are never dropped, and tests may be killed.
fn keeper(process: u32, folder: &Path) -> Child {
    Command::new("setsid")
        .args(["sh", "-c", "read -r _\nkill -KILL \"$1\"\nrm -rf -- \"$2\"", "keeper", &process.to_string()])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("setsid runs (package util-linux)")
}
