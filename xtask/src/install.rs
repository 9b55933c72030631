//! What must be on the machine before anything is built.

use std::process::Command;

use crate::{Outcome, child, packages, web};

const NODE_MIN: (u32, u32) = (20, 19);

/// Everything that a build needs: a C compiler, Node and the page's packages.
pub fn build_needs() -> Outcome {
    packages::require(&[&packages::CERTIFICATES, &packages::C_COMPILER])?;
    node()?;
    web::install()
}

/// Node is there and new enough.
pub fn node() -> Outcome {
    let advice = "install Node 20.19 or newer (nodejs.org, or Debian's packages `nodejs` and `npm` of trixie)";
    let version = child::output(Command::new("node").arg("--version"))
        .map_err(|_| format!("Node is missing, which builds the page: {advice}"))?;
    if child::find("npm").is_none() {
        return Err(format!("npm is missing, which comes with Node: {advice}"));
    }
    match parse_version(&version) {
        Some(found) if found >= NODE_MIN => Ok(()),
        _ => Err(format!("Node {} is too old: {advice}", version.trim())),
    }
}

/// `v20.19.3` → (20, 19).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(parse_version("v20.9.1\n"), Some((20, 9)));
        assert!(parse_version("v20.9.1").unwrap() < NODE_MIN);
        assert!(parse_version("v100.0.0").unwrap() > NODE_MIN);
        assert_eq!(parse_version("nonsense"), None);
    }
}
