//! Side-by-side measurements: the program against nginx on the same machine, in the same minutes.
//!
//! `fardel-benches [large|small|listing]... [--rounds N]`; README.md says how each figure is made.

mod content;
mod fardel;
mod http;
mod large;
mod listing;
mod listing_rows;
mod nginx;
mod process;
mod report;
mod small;

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use report::Report;

/// What ends a measurement early: its message is for the person who started it.
type Failure = Box<dyn Error + Send + Sync>;

/// What is measured, and how often.
struct Plan {
    groups: Vec<String>,
    rounds: usize,
    /// The folder of all data: on the disk that is to be measured.
    folder: PathBuf,
}

const GROUPS: [&str; 3] = ["large", "small", "listing"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let plan = plan()?;
    let scratch = tempfile::Builder::new().prefix("fardel-bench-").tempdir_in(&plan.folder)?;
    for group in &plan.groups {
        let mut report = Report::new(group);
        let folder = scratch.path().join(group);
        std::fs::create_dir(&folder)?;
        match group.as_str() {
            "large" => large::run(&folder, plan.rounds, &mut report)?,
            "small" => small::run(&folder, plan.rounds, &mut report)?,
            _ => listing::run(&folder, plan.rounds, &mut report)?,
        }
        println!("{report}");
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn plan() -> Result<Plan, Failure> {
    let folder = env::var_os("FARDEL_BENCH_FOLDER").map_or_else(env::temp_dir, PathBuf::from);
    let mut plan = Plan { groups: Vec::new(), rounds: 5, folder };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            let count = arguments.next().and_then(|count| count.parse().ok()).filter(|count| *count > 0);
            plan.rounds = count.ok_or("--rounds takes a number from 1")?;
        } else if GROUPS.contains(&argument.as_str()) {
            plan.groups.push(argument);
        } else {
            return Err(format!("unknown argument {argument}; known are {} and --rounds N", GROUPS.join(", ")).into());
        }
    }
    if plan.groups.is_empty() {
        plan.groups = GROUPS.map(str::to_owned).into();
    }
    Ok(plan)
}
