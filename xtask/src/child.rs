//! Child processes that never outlive their use, whatever ends this one.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::Outcome;

/// A shell in a session of its own that waits on a pipe from us and then runs its last words. The
/// kernel closes the pipe when we end in any way, SIGKILL included, so nothing is left behind.
pub struct Keeper {
    shell: Child,
}

impl Keeper {
    /// Starts `before` at once and `after` when this value is dropped or this process is gone. The
    /// script sees `arguments` as `$1`, `$2` …
    pub fn start<'a>(before: &str, after: &str, arguments: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        let script = format!("{before}\nread -r _\n{after}");
        let shell = Command::new("setsid")
            .args(["sh", "-c", &script, "keeper"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { shell })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Runs `command` in a process group of its own with all its output in `log`, and ends the whole
/// group when it ends, when it runs longer than `limit`, or when this process ends.
pub fn run_logged(command: &mut Command, log: &Path, limit: Duration) -> Outcome<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = File::options().create(true).append(true).open(log);
    let (output, errors) = output
        .and_then(|file| Ok((file.try_clone()?, file)))
        .map_err(|error| format!("{} cannot be written: {error}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let group = child.id().to_string();
    // TERM first, so that browsers and servers can put their own children to rest.
    let _keeper = Keeper::start("", "kill -TERM -$1 && sleep 1 && kill -KILL -$1", [group.as_str()])
        .map_err(|error| format!("`setsid` (package util-linux) cannot be started: {error}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() > limit => {
                return Err(format!("`{program}` did not end within {} minutes", limit.as_secs() / 60));
            }
            Ok(None) => thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(format!("`{program}` cannot be waited for: {error}")),
        }
    }
}

/// Runs `command` with this terminal and fails when it fails.
pub fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed ({status})")),
        Err(error) => Err(format!("`{shown}` cannot be started: {error}")),
    }
}

/// What `command` prints; fails when it fails.
pub fn output(command: &mut Command) -> Outcome<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{shown}` failed ({}): {}", output.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The full path of `program`, looked for along `PATH`.
pub fn find(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Cargo, the one that started us where there is one.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::workspace::root());
    cargo
}
