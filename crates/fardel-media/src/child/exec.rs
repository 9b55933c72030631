//! Becomes an outside program (`ffprobe`, `ffmpeg`) inside walls that stay after the exec.

use std::io;
use std::path::Path;

use crate::task::Limits;

/// What such a program may read beside its input: libraries and their cache, nothing of the data.
#[cfg(target_os = "linux")]
const READABLE: &[&str] = &[
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/nix/store",
    "/dev/null",
    "/dev/urandom",
];

/// Locks this process up and replaces it by `program`. Returns only if that failed.
#[cfg(unix)]
pub(super) fn become_tool(program: &Path, arguments: &[String], limits: &Limits) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;

    std::env::set_current_dir("/")?;
    super::limits::set(limits)?;
    #[cfg(target_os = "linux")]
    {
        crate::ffi::close_inherited()?;
        super::landlock::close_all_but(program, READABLE)?;
        super::seccomp::deny_network_and_kernel()?;
    }
    Err(std::process::Command::new(program).args(arguments).env_clear().exec())
}

/// Outside programs are not run where they cannot be locked up.
#[cfg(not(unix))]
pub(super) fn become_tool(_: &Path, _: &[String], _: &Limits) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
