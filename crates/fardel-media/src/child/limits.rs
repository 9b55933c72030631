//! Limits that every Unix has.

use std::io;

use crate::task::Limits;

/// Sets them for this process; they cannot be raised again.
#[cfg(unix)]
pub(super) fn set(limits: &Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let fixed = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::As, fixed(limits.memory))?;
    setrlimit(Resource::Core, fixed(0))?;
    // Nothing may be written but to the pipes, which this does not count.
    setrlimit(Resource::Fsize, fixed(0))?;
    setrlimit(Resource::Nofile, fixed(16))?;
    // The soft limit's signal tells the parent why the child died; the hard one ends a child that ignores it.
    let cpu = Rlimit { current: Some(limits.cpu_seconds), maximum: Some(limits.cpu_seconds + 1) };
    setrlimit(Resource::Cpu, cpu)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn set(_: &Limits) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// No process or thread may be started any more. Root is exempt from this one; seccomp binds it too.
#[cfg(unix)]
pub(super) fn forbid_processes() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Nproc, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn forbid_processes() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
