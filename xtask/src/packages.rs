//! Debian packages: finds what is missing and installs it, or says what to type.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Outcome, child};

/// Something outside the clone that a task needs.
pub struct Need {
    /// The package that brings it.
    pub package: &'static str,
    /// Whether it is there.
    pub is_met: fn() -> bool,
}

/// A C compiler and linker, for the bundled SQLite and aws-lc.
pub const C_COMPILER: Need = Need { package: "build-essential", is_met: || child::find("cc").is_some() };
/// The assembler of the picture decoders.
pub const NASM: Need = Need { package: "nasm", is_met: || child::find("nasm").is_some() };
/// Film and sound, for the tests' samples and for posters.
pub const FFMPEG: Need = Need { package: "ffmpeg", is_met: || child::find("ffmpeg").is_some() };
/// Pictures for the tests.
pub const IMAGEMAGICK: Need = Need { package: "imagemagick", is_met: || Path::new("/usr/bin/convert").exists() };
/// Office files for the tests.
pub const WRITER: Need = Need { package: "libreoffice-writer-nogui", is_met: || office("libswlo.so") };
/// Spreadsheets for the tests.
pub const CALC: Need = Need { package: "libreoffice-calc-nogui", is_met: || office("libsclo.so") };
/// Presentations for the tests.
pub const IMPRESS: Need = Need { package: "libreoffice-impress-nogui", is_met: || office("libsdlo.so") };
/// The PostgreSQL server.
pub const POSTGRESQL: Need = Need { package: "postgresql", is_met: || postgresql_bin().is_some() };
/// A browser for the page's tests.
pub const CHROMIUM: Need = Need { package: "chromium", is_met: || chromium().is_some() };
/// Fonts, without which the browser shows boxes.
pub const FONTS: Need = Need {
    package: "fonts-dejavu-core",
    is_met: || Path::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").exists(),
};
/// Certificates of the package registries.
pub const CERTIFICATES: Need =
    Need { package: "ca-certificates", is_met: || Path::new("/etc/ssl/certs/ca-certificates.crt").exists() };
/// What the benchmarks compare with.
pub const NGINX: Need =
    Need { package: "nginx-light", is_met: || child::find("nginx").is_some() || Path::new("/usr/sbin/nginx").exists() };

/// Whether the office part with this library is there.
fn office(library: &str) -> bool {
    Path::new("/usr/lib/libreoffice/program").join(library).exists()
}

/// The folder of PostgreSQL's server programs, the newest version's.
pub fn postgresql_bin() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok().into_iter().flatten().flatten();
    let packaged = versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("postgres").is_file().then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder);
    packaged.or_else(|| {
        let initdb = child::find("initdb")?.canonicalize().ok()?;
        let folder = initdb.parent()?.to_path_buf();
        folder.join("postgres").is_file().then_some(folder)
    })
}

/// The browser's program.
pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| child::find(name))
}

/// Installs the packages of all unmet `needs` at once.
pub fn require(needs: &[&Need]) -> Outcome {
    let missing: Vec<&str> = needs.iter().filter(|need| !(need.is_met)()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("install by hand: apt-get install {}", missing.join(" "));
    if child::find("apt-get").is_none() {
        return Err(format!("missing: {}. There is no apt-get here; {by_hand}", missing.join(", ")));
    }
    let as_root: &[&str] = match user_id().as_deref() {
        Some("0") => &[],
        _ if may_sudo() => &["sudo", "-n"],
        _ => return Err(format!("missing: {}. Only root may install packages; {by_hand}", missing.join(", "))),
    };
    eprintln!("installing {}", missing.join(", "));
    // A list that cannot be refreshed is no reason to stop: the install says whether the old one serves.
    let _ = apt(as_root, &["update"]);
    if missing.contains(&"postgresql") {
        keep_system_cluster_away(as_root);
    }
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(&missing);
    apt(as_root, &arguments).map_err(|reason| format!("{reason}; {by_hand}"))?;
    match needs.iter().find(|need| !(need.is_met)()) {
        Some(need) => Err(format!("package {} was installed, but what it should bring is not there", need.package)),
        None => Ok(()),
    }
}

fn apt(as_root: &[&str], arguments: &[&str]) -> Outcome {
    let settings = ["DPkg::Lock::Timeout=600", "Acquire::Retries=3", "Dpkg::Options::=--force-confold"];
    let words: Vec<&str> = as_root
        .iter()
        .copied()
        .chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"])
        .chain(settings.iter().flat_map(|setting| ["-o", setting]))
        .chain(arguments.iter().copied())
        .collect();
    // Its chatter belongs to the log of errors, not to the summary.
    child::run(Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(std::io::stderr()))
        .map_err(|_| format!("`apt-get {}` failed, see above", arguments.join(" ")))
}

/// Debian would start a server on port 5432 with the package; the tests run their own.
fn keep_system_cluster_away(as_root: &[&str]) {
    let script = "test -e /etc/postgresql-common/createcluster.conf || { mkdir -p /etc/postgresql-common && \
                  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf; }";
    let words: Vec<&str> = as_root.iter().copied().chain(["sh", "-c", script]).collect();
    let _ = child::run(Command::new(words[0]).args(&words[1..]));
}

/// The effective user's number.
pub fn user_id() -> Option<String> {
    child::output(Command::new("id").arg("-u")).ok().map(|id| id.trim().to_owned())
}

fn may_sudo() -> bool {
    Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
