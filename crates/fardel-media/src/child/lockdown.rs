//! Builds the walls, from the inside, before the first byte is read.

use std::io;

use crate::report::Isolation;
use crate::task::Limits;

/// Locks this process up for good and says which walls stand. A wall that the kernel lacks is left out; one that it has
/// and that cannot be built is an error.
pub(super) fn lock(limits: &Limits) -> io::Result<Isolation> {
    let mut isolation = Isolation::default();
    #[cfg(unix)]
    std::env::set_current_dir("/")?;
    #[cfg(target_os = "linux")]
    crate::ffi::close_inherited().or_else(unsupported_is_fine)?;

    match super::limits::set(limits).and_then(|()| super::limits::forbid_processes()) {
        Ok(()) => isolation.limits = true,
        Err(error) => unsupported_is_fine(error)?,
    }
    #[cfg(target_os = "linux")]
    {
        isolation.landlock = super::landlock::close_everything()?;
        isolation.seccomp = super::seccomp::allow_reading_and_answering()?;
    }
    Ok(isolation)
}

fn unsupported_is_fine(error: io::Error) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if error.raw_os_error() == Some(libc::ENOSYS) {
        return Ok(());
    }
    if error.kind() == io::ErrorKind::Unsupported { Ok(()) } else { Err(error) }
}
