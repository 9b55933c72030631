//! Where things lie under the store's folder, and opening it.
//!
//! ```text
//! objects/00 … ff/   finished objects; the folder is the first byte of the key's SHA-256, the name
//!                    is the key with `/` written as `=`, which no key contains
//! multipart/         <id>.data and <id>.parts of uploads in parts that were begun
//! .tmp/<instance>/   files being written, with a lock that lives as long as the process
//! .lock              held while a process opens the store
//! ```

use std::{os::fd::OwnedFd, path::Path};

use aws_lc_rs::digest;
use fardel_domain::object_store::{ObjectKey, StoreError};
use rustix::{
    fs::{self, AtFlags, FlockOperation, Mode, OFlags},
    io::Errno,
};

use super::{
    Durability,
    disk::{self, store_error},
};

/// Uploads in parts that nobody touched for longer than any presigned request holds are removed.
const ABANDONED_AFTER_SECONDS: i64 = 8 * 24 * 60 * 60;

/// Handles on the store's folders.
#[derive(Debug)]
pub(super) struct Layout {
    objects: OwnedFd,
    multipart: OwnedFd,
    temp: OwnedFd,
    /// Says to other processes that the files in `temp` are in use.
    _lock: OwnedFd,
    durability: Durability,
}

impl Layout {
    /// Opens the store at `root`, makes what is missing and removes what dead processes left.
    pub fn open(root: &Path, durability: Durability, now_seconds: i64) -> Result<Self, StoreError> {
        let failed = store_error("opening the object store");
        std::fs::create_dir_all(root).map_err(|error| failed(disk::errno(&error)))?;
        Self::open_folders(root, durability, now_seconds).map_err(|errno| match errno {
            // A missing or planted folder is no missing object.
            Errno::NOENT | Errno::EXIST => StoreError::Unavailable(format!("opening the object store: {errno}")),
            other => failed(other),
        })
    }

    fn open_folders(root: &Path, durability: Durability, now_seconds: i64) -> Result<Self, Errno> {
        // The folder itself may be a link that the operator made; nothing below it may be one.
        let root_flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root_dir = fs::open(root, root_flags, Mode::empty())?;
        let lock_flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opening = fs::openat(&root_dir, ".lock", lock_flags, Mode::RUSR | Mode::WUSR)?;
        fs::flock(&opening, FlockOperation::LockExclusive)?;

        let (objects, _) = disk::ensure_dir(&root_dir, "objects")?;
        let (multipart, _) = disk::ensure_dir(&root_dir, "multipart")?;
        let (temps, _) = disk::ensure_dir(&root_dir, ".tmp")?;
        for fan in 0..=u8::MAX {
            disk::ensure_dir(&objects, &fan_name(fan))?;
        }
        remove_leftovers(&temps)?;
        remove_abandoned(&multipart, now_seconds)?;
        let instance = super::random_name();
        let (temp, _) = disk::ensure_dir(&temps, &instance)?;
        let lock = disk::create_file(&temp, LOCK)?;
        fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;

        fs::fsync(&objects)?;
        fs::fsync(&temps)?;
        fs::fsync(&root_dir)?;
        // The folder itself may be new as well.
        if let Ok(parent) = fs::openat(&root_dir, "..", root_flags, Mode::empty()) {
            fs::fsync(parent)?;
        }
        Ok(Self { objects, multipart, temp, _lock: lock, durability })
    }

    pub fn temp(&self) -> &OwnedFd {
        &self.temp
    }

    pub fn multipart(&self) -> &OwnedFd {
        &self.multipart
    }

    /// The folder that holds a key, and the name in it.
    pub fn place(&self, key: &ObjectKey) -> Result<(OwnedFd, String), StoreError> {
        let fan = digest::digest(&digest::SHA256, key.as_str().as_bytes()).as_ref()[0];
        Ok((self.fan_dir(fan)?, file_name(key)))
    }

    pub fn fan_dir(&self, fan: u8) -> Result<OwnedFd, StoreError> {
        disk::open_dir(&self.objects, &fan_name(fan)).map_err(|errno| {
            tracing::error!(fan, error = %errno, "a folder of the object store cannot be opened");
            StoreError::Unavailable(format!("opening folder objects/{}: {errno}", fan_name(fan)))
        })
    }

    /// Waits until a file's bytes are on the disk.
    pub fn sync_data(&self, file: &OwnedFd) -> Result<(), Errno> {
        match self.durability {
            Durability::Full => fs::fdatasync(file),
            Durability::Off => Ok(()),
        }
    }

    /// Waits until the names in a folder are on the disk.
    pub fn sync_dir(&self, dir: &OwnedFd) -> Result<(), Errno> {
        match self.durability {
            Durability::Full => fs::fsync(dir),
            Durability::Off => Ok(()),
        }
    }

    pub fn syncs(&self) -> bool {
        self.durability == Durability::Full
    }
}

const LOCK: &str = "lock";

fn fan_name(fan: u8) -> String {
    format!("{fan:02x}")
}

fn file_name(key: &ObjectKey) -> String {
    key.as_str().replace('/', "=")
}

/// The key whose file has this name; `None` for names that no object has.
pub(super) fn key_of(file_name: &str) -> Option<ObjectKey> {
    ObjectKey::parse(&file_name.replace('=', "/")).filter(|key| self::file_name(key) == file_name)
}

/// The names in a folder, without `.` and `..`.
pub(super) fn names(dir: &OwnedFd) -> Result<impl Iterator<Item = Result<String, Errno>> + use<>, Errno> {
    Ok(fs::Dir::read_from(dir)?.filter_map(|entry| match entry {
        Ok(entry) => {
            entry.file_name().to_str().ok().filter(|name| !matches!(*name, "." | "..")).map(|name| Ok(name.to_owned()))
        }
        Err(errno) => Some(Err(errno)),
    }))
}

/// Removes the temporary files of processes that no longer hold their lock.
fn remove_leftovers(temps: &OwnedFd) -> Result<(), Errno> {
    for instance in names(temps)?.collect::<Result<Vec<_>, _>>()? {
        let Ok(dir) = disk::open_dir(temps, &instance) else { continue };
        let alive = disk::open_file(&dir, LOCK)
            .is_ok_and(|(lock, _)| fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err());
        if alive {
            continue;
        }
        for name in names(&dir)?.collect::<Result<Vec<_>, _>>()? {
            let _ = disk::remove(&dir, &name);
        }
        let _ = fs::unlinkat(temps, &instance, AtFlags::REMOVEDIR);
    }
    Ok(())
}

fn remove_abandoned(multipart: &OwnedFd, now_seconds: i64) -> Result<(), Errno> {
    let mut newest = std::collections::HashMap::<String, i64>::new();
    let all = names(multipart)?.collect::<Result<Vec<_>, _>>()?;
    for name in &all {
        let Ok(stat) = fs::statat(multipart, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let upload = name.split('.').next().unwrap_or_default().to_owned();
        let touched = newest.entry(upload).or_insert(i64::MIN);
        *touched = (*touched).max(stat.st_mtime);
    }
    for name in &all {
        let upload = name.split('.').next().unwrap_or_default();
        if newest.get(upload).is_some_and(|touched| touched.saturating_add(ABANDONED_AFTER_SECONDS) < now_seconds) {
            tracing::info!(upload, "removed an upload in parts that was abandoned");
            let _ = disk::remove(multipart, name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_file_name_and_back() {
        for key in ["c/0192/abc", "a", "x-1_2.bin"] {
            let key = ObjectKey::parse(key).unwrap();
            assert_eq!(key_of(&file_name(&key)), Some(key));
        }
        for stray in ["a/b", "=a", "A", ".hidden", "a==b"] {
            assert_eq!(key_of(stray), None, "{stray}");
        }
    }

    #[test]
    fn files_of_dead_processes_are_removed_and_those_of_living_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Layout::open(folder.path(), Durability::Full, 0).unwrap();
        let living = open();
        disk::create_file(living.temp(), "busy").unwrap();
        let other = open();
        disk::create_file(other.temp(), "left").unwrap();
        drop(other);
        let _third = open();
        let tree = |name: &str| {
            std::fs::read_dir(folder.path().join(".tmp"))
                .unwrap()
                .filter(|dir| dir.as_ref().unwrap().path().join(name).exists())
                .count()
        };
        assert_eq!((tree("busy"), tree("left")), (1, 0));
    }
}
