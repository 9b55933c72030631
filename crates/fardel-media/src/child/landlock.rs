//! Landlock: no file system, no network, no signals to others.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};

/// The newest version asked for; an older kernel gives what it has.
const NEWEST: ABI = ABI::V6;

/// Forbids every file, socket and signal. The version in force, or `None` without Landlock.
pub(super) fn close_everything() -> io::Result<Option<u32>> {
    let status = ruleset().and_then(RulesetCreated::restrict_self).map_err(io::Error::other)?;
    Ok(version(&status))
}

/// Forbids everything but what an outside program needs: to run itself, to read libraries, to read its input.
pub(super) fn close_all_but(program: &Path, readable: &[&str]) -> io::Result<Option<u32>> {
    let run = AccessFs::ReadFile | AccessFs::Execute;
    let mut rules = ruleset().map_err(io::Error::other)?;
    // The kernel runs the dynamic loader with the program. Libraries are mapped, which takes reading alone.
    for runnable in [Some(program.to_owned()), loader(program)].into_iter().flatten() {
        let file = PathFd::new(runnable).map_err(io::Error::other)?;
        rules = rules.add_rule(PathBeneath::new(file, run)).map_err(io::Error::other)?;
    }
    for path in readable {
        let Ok(place) = PathFd::new(path) else { continue };
        let read =
            if Path::new(path).is_dir() { AccessFs::ReadFile | AccessFs::ReadDir } else { AccessFs::ReadFile.into() };
        rules = rules.add_rule(PathBeneath::new(place, read)).map_err(io::Error::other)?;
    }
    // The input, by its descriptor: it may have no name.
    rules = rules.add_rule(PathBeneath::new(io::stdin(), AccessFs::ReadFile)).map_err(io::Error::other)?;
    let status = rules.restrict_self().map_err(io::Error::other)?;
    Ok(version(&status))
}

/// The dynamic loader that a 64-bit ELF program asks for (its `PT_INTERP`).
fn loader(program: &Path) -> Option<PathBuf> {
    const PT_INTERP: u32 = 3;
    let mut start = Vec::new();
    File::open(program).ok()?.take(16 << 10).read_to_end(&mut start).ok()?;
    let number = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(start.get(at..at + size)?);
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    if !start.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, entry, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let header = (0..count).map(|n| table + n * entry).find(|&at| number(at, 4) == Some(PT_INTERP as usize))?;
    let (from, length) = (number(header + 8, 8)?, number(header + 32, 8)?);
    let path = start.get(from..from.checked_add(length)?)?.strip_suffix(b"\0")?;
    Path::new(std::str::from_utf8(path).ok()?).canonicalize().ok()
}

fn ruleset() -> Result<RulesetCreated, landlock::RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()
}

fn version(status: &RestrictionStatus) -> Option<u32> {
    match (&status.ruleset, &status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some((*effective_abi).min(NEWEST) as u32),
        _ => None,
    }
}
