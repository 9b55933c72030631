//! Where things lie in the clone.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The root of the clone.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The folder of the page.
pub fn web() -> PathBuf {
    root().join("web")
}

/// The program as built for `profile` (`debug` or `release`).
pub fn program(profile: &str) -> PathBuf {
    target().join(profile).join("fardel")
}

/// The names of the test targets (`*.rs`) in `folder`, sorted.
pub fn test_targets(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// The folders of all crates, sorted.
pub fn crates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = root()
        .join("crates")
        .read_dir()
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    folders.sort();
    folders
}
