//! The few file operations that the store uses, none of which follows a symbolic link.
//!
//! Every name is opened relative to a directory handle with `O_NOFOLLOW`, one step at a time, so
//! that a link planted inside the store is an error and its target is never touched (P06).

use std::{
    io::{self, IoSlice},
    os::fd::{AsFd, OwnedFd},
};

use bytes::Bytes;
use fardel_domain::object_store::StoreError;
use rustix::{
    fs::{self, Advice, AtFlags, FallocateFlags, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

/// How much one `pwritev` takes at most.
const IOV_MAX: usize = 1024;

/// What a failure of the disk means to the caller.
pub(super) fn store_error(doing: &'static str) -> impl Fn(Errno) -> StoreError {
    move |errno| match errno {
        Errno::NOSPC | Errno::DQUOT => StoreError::Full,
        Errno::EXIST => StoreError::AlreadyExists,
        Errno::NOENT => StoreError::NotFound,
        other => {
            tracing::warn!(doing, error = %other, "the disk of the object store failed");
            StoreError::Unavailable(format!("{doing}: {other}"))
        }
    }
}

pub(super) fn open_dir(parent: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    fs::openat(parent, name, flags, Mode::empty())
}

/// Opens a directory and makes it first when it is not there; the maker syncs the parent.
pub(super) fn ensure_dir(parent: impl AsFd, name: &str) -> Result<(OwnedFd, bool), Errno> {
    let made = match fs::mkdirat(parent.as_fd(), name, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(other) => return Err(other),
    };
    Ok((open_dir(parent, name)?, made))
}

/// Opens a regular file for reading. A link or anything else that is no file is `LOOP`.
pub(super) fn open_file(dir: impl AsFd, name: &str) -> Result<(OwnedFd, u64), Errno> {
    open_existing(dir, name, OFlags::RDONLY)
}

pub(super) fn open_file_to_write(dir: impl AsFd, name: &str) -> Result<(OwnedFd, u64), Errno> {
    open_existing(dir, name, OFlags::RDWR)
}

fn open_existing(dir: impl AsFd, name: &str, access: OFlags) -> Result<(OwnedFd, u64), Errno> {
    // NONBLOCK: opening a planted pipe must not hang.
    let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = fs::openat(dir, name, flags, Mode::empty())?;
    let stat = fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Errno::LOOP);
    }
    Ok((file, u64::try_from(stat.st_size).unwrap_or(0)))
}

/// Makes a new file; `EXIST` when the name is taken by anything.
pub(super) fn create_file(dir: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR)
}

pub(super) fn exists(dir: impl AsFd, name: &str) -> Result<bool, Errno> {
    match fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Removes a name; a name that is not there is no error. Answers whether it was there.
pub(super) fn remove(dir: impl AsFd, name: &str) -> Result<bool, Errno> {
    match fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Moves a file to a name that must be free (`EXIST` otherwise), in one step.
pub(super) fn rename_new(from: impl AsFd, name: &str, to: impl AsFd, new_name: &str) -> Result<(), Errno> {
    match fs::renameat_with(from.as_fd(), name, to.as_fd(), new_name, RenameFlags::NOREPLACE) {
        // File systems without the flag have hard links, which never replace either.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::linkat(from.as_fd(), name, to, new_name, AtFlags::empty())?;
            fs::unlinkat(from, name, AtFlags::empty())
        }
        other => other,
    }
}

/// Takes the space for `len` bytes at `offset` now, so that a full disk is seen before they arrive.
pub(super) fn reserve(file: impl AsFd, offset: u64, len: u64) -> Result<(), Errno> {
    if len == 0 {
        return Ok(());
    }
    match fs::fallocate(file.as_fd(), FallocateFlags::empty(), offset, len) {
        // File systems without it take the space as the bytes are written.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        other => other,
    }
}

/// Gives an empty file its length without taking the space, which would let an announcement alone
/// fill the disk; `NOSPC` when the disk could not hold it today.
pub(super) fn lay_out(file: impl AsFd, len: u64) -> Result<(), Errno> {
    let disk = fs::fstatvfs(file.as_fd())?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < len {
        return Err(Errno::NOSPC);
    }
    fs::ftruncate(file, len)
}

/// Writes all of `batch` at `offset`.
pub(super) fn write_all(file: impl AsFd, batch: &[Bytes], mut offset: u64) -> Result<(), Errno> {
    for batch in batch.chunks(IOV_MAX) {
        let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|bytes| IoSlice::new(bytes)).collect();
        let mut left = slices.as_mut_slice();
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match rustix::io::pwritev(file.as_fd(), left, offset) {
                Ok(0) => return Err(Errno::IO),
                Ok(written) => {
                    offset += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(Errno::INTR) => {}
                Err(other) => return Err(other),
            }
        }
    }
    Ok(())
}

/// Up to `len` bytes from `offset`; fewer only at the end of the file.
pub(super) fn read_at(file: impl AsFd, len: usize, offset: u64) -> Result<Vec<u8>, Errno> {
    let mut buffer = Vec::with_capacity(len);
    while buffer.len() < len {
        let from = offset + buffer.len() as u64;
        match rustix::io::pread(file.as_fd(), rustix::buffer::spare_capacity(&mut buffer), from) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(other) => return Err(other),
        }
    }
    // The allocator may have given more room than was asked for.
    buffer.truncate(len);
    Ok(buffer)
}

/// Starts writing these bytes to the disk and does not wait, so that the final sync has little left
/// to do. Linux's `FADV_DONTNEED` begins write-back of dirty pages, as `sync_file_range` does.
pub(super) fn start_write_back(file: impl AsFd, offset: u64, len: u64) {
    let _ = fs::fadvise(file, offset, std::num::NonZeroU64::new(len), Advice::DontNeed);
}

/// An `io::Error` as the number that the rest of this module speaks.
pub(super) fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
