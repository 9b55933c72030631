//! `cargo xtask TASK`: what the Makefile's targets do. Needs nothing but cargo to start, says in plain
//! words what else is missing, and installs it where it can.

mod bench;
mod child;
mod dev;
mod drift;
mod install;
mod packages;
mod services;
mod suites;
mod supply_chain;
mod tally;
mod test_run;
mod web;
mod workspace;

use std::process::ExitCode;

/// Why a task did not succeed, as a sentence for people.
type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask TASK

  run             build everything and serve it on http://127.0.0.1:8080, data in ./fardel-data
  build           target/release/fardel with the page inside
  dev             the API, rebuilt when a source changes, and the page with hot reload
  test [PART…]    every check and test, or only the named parts; `test --list` names them,
                  `test --keep-going` runs the rest after a failure
  bench [GROUP…]  side-by-side measurements (benches/)
  fmt             format Rust and TypeScript
  install         what a build needs
  web             the page alone, into web/dist
  api             write docs/openapi.json and the page's types of it anew
  clean-services  remove the test servers' binaries and what an interrupted run left";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", arguments.as_slice()),
    };
    let outcome = match task {
        "run" => dev::run(rest),
        "build" => dev::build().map(|program| println!("built {}", program.display())),
        "dev" => dev::watch(),
        "test" => return test_run::main(rest),
        "bench" => bench::run(rest),
        "fmt" => dev::format(),
        "install" => install::build_needs(),
        "web" => web::build(),
        "api" => dev::build_debug().and_then(|()| drift::write()),
        "clean-services" => services::clean(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => {
            eprintln!("xtask: no task is called `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask {task}: {reason}");
            ExitCode::FAILURE
        }
    }
}
