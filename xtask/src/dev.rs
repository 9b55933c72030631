//! Building, running, and working on it.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, SystemTime},
};

use crate::{Outcome, child, install, web, workspace};

/// The page, then the release program with the page inside.
pub fn build() -> Outcome<PathBuf> {
    install::build_needs()?;
    web::build()?;
    child::run(child::cargo().args(["build", "--release", "--workspace", "--bin", "fardel"]))?;
    Ok(workspace::program("release"))
}

/// The debug program alone.
pub fn build_debug() -> Outcome {
    child::run(child::cargo().args(["build", "--workspace", "--bin", "fardel"]))
}

/// Builds and becomes `fardel serve`; `arguments` go to it.
pub fn run(arguments: &[String]) -> Outcome {
    let program = build()?;
    let error = Command::new(&program).arg("serve").args(arguments).current_dir(workspace::root()).exec();
    Err(format!("{} cannot be started: {error}", program.display()))
}

/// Formats all sources.
pub fn format() -> Outcome {
    child::run(child::cargo().args(["fmt", "--all"]))?;
    install::node()?;
    web::install()?;
    child::run(&mut web::npm(["run", "--silent", "fmt"]))
}

/// Vite with hot reload, and the API rebuilt and started again whenever a Rust source changes.
pub fn watch() -> Outcome {
    install::build_needs()?;
    if !workspace::web().join("dist").exists() {
        web::build()?;
    }
    let mut page =
        web::npm(["run", "dev"]).spawn().map_err(|error| format!("`npm run dev` cannot be started: {error}"))?;
    let mut server: Option<Child> = None;
    let mut built = SystemTime::UNIX_EPOCH;
    // Ctrl-C reaches the whole process group: page, server and this loop end together.
    loop {
        let changed = newest(&workspace::root().join("crates"));
        let starts = changed > built;
        if starts {
            built = changed;
            if let Err(reason) = build_debug() {
                eprintln!("{reason}; the last program that built goes on");
            } else {
                if let Some(mut old) = server.take() {
                    let _ = Command::new("kill").arg(old.id().to_string()).status();
                    let _ = old.wait();
                }
                let new = Command::new(workspace::program("debug")).arg("serve").current_dir(workspace::root()).spawn();
                server = Some(new.map_err(|error| format!("the program cannot be started: {error}"))?);
            }
        }
        if let Ok(Some(status)) = page.try_wait() {
            if let Some(mut server) = server {
                let _ = server.kill();
            }
            return Err(format!("`npm run dev` ended ({status})"));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// When a file under `folder` was changed last.
fn newest(folder: &Path) -> SystemTime {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let times = entries.filter_map(|entry| {
        let path = entry.path();
        if path.is_dir() { Some(newest(&path)) } else { entry.metadata().ok()?.modified().ok() }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
