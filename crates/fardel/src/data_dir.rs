//! The data folder: made for this program alone, used by one process at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Holds the folder until it is dropped.
pub struct DataDir {
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is not there.
    pub fn create(path: &Path) -> Result<(), String> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| format!("the data folder {} cannot be made: {error}", path.display()))
    }

    /// Takes the folder for this process.
    pub fn lock(path: &Path) -> Result<Self, String> {
        Self::create(path)?;
        let name = path.join("lock");
        let cannot = |error: io::Error| format!("{} cannot be opened: {error}", name.display());
        let mut lock =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&name).map_err(cannot)?;
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(format!(
                    "another fardel serves the data folder {}; stop it, or give this one its own by --data",
                    path.display()
                ));
            }
            Err(error) => return Err(cannot(error.into())),
        }
        lock.set_len(0).map_err(cannot)?;
        writeln!(lock, "{}", std::process::id()).map_err(cannot)?;
        Ok(Self { _lock: lock })
    }
}

/// The secret in `path`, made by `make` on the first start. Refuses a file that others can read.
pub fn secret(path: &Path, make: impl FnOnce() -> Result<String, String>) -> Result<String, String> {
    if let Some(folder) = path.parent() {
        DataDir::create(folder)?;
    }
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            return Err(format!("others can read the key {}; run: chmod 600 {0}", path.display()));
        }
        Ok(_) => {
            let text =
                fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            return Ok(text.trim().to_owned());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    }
    let text = make()?;
    write_private(path, &text)?;
    Ok(text)
}

/// Writes a file that only this user can read, durably.
pub fn write_private(path: &Path, text: &str) -> Result<(), String> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
