//! Side-by-side measurements: `fardel-benches` on the release build.

use std::process::Command;

use crate::{Outcome, child, dev, packages, workspace};

/// Builds what is measured, then measures; `arguments` go to `fardel-benches`.
pub fn run(arguments: &[String]) -> Outcome {
    packages::require(&[&packages::NGINX])?;
    let program = dev::build()?;
    child::run(child::cargo().args(["build", "--release", "--workspace", "--bin", "fardel-benches"]))?;
    child::run(
        Command::new(workspace::target().join("release/fardel-benches"))
            .args(arguments)
            .current_dir(workspace::root())
            .env("FARDEL_BIN", program),
    )
}
