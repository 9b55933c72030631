//! The page: its packages and its build.

use std::{fs, process::Command};

use crate::{Outcome, child, workspace};

/// `npm` in the page's folder, without questions and colours.
pub fn npm<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(workspace::web()).env("NO_COLOR", "1").env("NO_UPDATE_NOTIFIER", "1");
    npm
}

/// Installs the page's packages when the lock file is not the one they were installed by.
pub fn install() -> Outcome {
    let (stamp, lock) =
        (workspace::web().join("node_modules/.fardel-lock"), workspace::web().join("package-lock.json"));
    let wanted = fs::read(&lock).map_err(|error| format!("{} cannot be read: {error}", lock.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    child::run(npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).stdout(std::io::stderr()))
        .map_err(|reason| format!("the page's packages cannot be installed: {reason}"))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
}

/// Builds the page into `web/dist`, from which the program embeds it.
pub fn build() -> Outcome {
    crate::install::node()?;
    install()?;
    child::run(&mut npm(["run", "--silent", "build"]))
}
