//! What `test` runs, in order: cheap and likely to fail first, each part with the command behind it.

use std::process::Command;

use crate::{
    Outcome, child, drift, install, packages, services, supply_chain,
    test_run::{Run, Verdict},
    web, workspace,
};

/// A part of the whole test run.
pub struct Part {
    /// What it is called on the command line and in the summary.
    pub name: &'static str,
    /// Does it.
    pub run: fn(&mut Run) -> Outcome<Verdict>,
}

/// Every part.
pub const PARTS: &[Part] = &[
    Part { name: "needs", run: needs },
    Part { name: "rust-format", run: |run| run.command(child::cargo().args(["fmt", "--all", "--check"])) },
    Part { name: "web-check", run: |run| run.command(&mut web::npm(["run", "check"])) },
    Part { name: "web-unit", run: |run| run.command(&mut web::npm(["test"])) },
    Part { name: "web-build", run: |run| run.command(&mut web::npm(["run", "build"])) },
    Part { name: "supply-chain", run: |_| supply_chain::check().map(Verdict::noting) },
    Part { name: "clippy", run: clippy },
    Part { name: "build", run: |run| run.command(child::cargo().args(["build", "--workspace", "--locked"])) },
    Part { name: "drift", run: |_| drift::check().map(|()| Verdict::default()) },
    Part { name: "unit", run: unit },
    Part { name: "adapters", run: adapters },
    Part { name: "api-embedded", run: |run| api(run, "embedded") },
    Part { name: "api-scaled", run: |run| api(run, "scaled") },
    Part { name: "browser", run: browser },
];

fn needs(_: &mut Run) -> Outcome<Verdict> {
    packages::require(&[
        &packages::CERTIFICATES,
        &packages::C_COMPILER,
        &packages::NASM,
        &packages::FFMPEG,
        &packages::IMAGEMAGICK,
        &packages::WRITER,
        &packages::CALC,
        &packages::IMPRESS,
        &packages::POSTGRESQL,
        &packages::CHROMIUM,
        &packages::FONTS,
    ])?;
    install::node()?;
    web::install()?;
    services::install()?;
    Ok(Verdict::default())
}

fn clippy(run: &mut Run) -> Outcome<Verdict> {
    run.command(child::cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn unit(run: &mut Run) -> Outcome<Verdict> {
    let environment = run.services()?;
    run.command(cargo_test().args(["--lib", "--bins"]).envs(environment))
}

/// The adapters of every port against its conformance suite and real engines.
fn adapters(run: &mut Run) -> Outcome<Verdict> {
    let environment = run.services()?;
    let targets: Vec<String> =
        workspace::crates().iter().flat_map(|folder| workspace::test_targets(&folder.join("tests"))).collect();
    if targets.is_empty() {
        return Err("no crate has tests of its adapters (crates/*/tests/*.rs)".to_owned());
    }
    run.command(cargo_test().args(targets.iter().flat_map(|target| ["--test", target])).envs(environment))
}

/// The black-box suites over HTTP against the real program.
fn api(run: &mut Run, parts: &str) -> Outcome<Verdict> {
    let mut environment = if parts == "scaled" { run.services()? } else { Vec::new() };
    environment.push(("FARDEL_TEST_S3_BUCKET", services::S3_READY_BUCKET.to_owned()));
    let targets = workspace::test_targets(&workspace::root().join("tests/tests"));
    run.command(
        cargo_test()
            .args(targets.iter().flat_map(|target| ["--test", target]))
            .env("FARDEL_TEST_PARTS", parts)
            .env("FARDEL_BIN", workspace::program("debug"))
            .envs(environment),
    )
}

fn browser(run: &mut Run) -> Outcome<Verdict> {
    let chromium = packages::chromium().ok_or("Chromium is not there (package chromium)")?;
    run.command(
        Command::new(workspace::web().join("node_modules/.bin/playwright"))
            .arg("test")
            .current_dir(workspace::web())
            .env("NO_COLOR", "1")
            .env("FARDEL_E2E_BIN", workspace::program("debug"))
            .env("FARDEL_E2E_CHROMIUM", chromium),
    )
}

fn cargo_test() -> Command {
    let mut cargo = child::cargo();
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    cargo
}
