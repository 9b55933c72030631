//! Runs the parts of the test suite one after the other and sums them up.

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use crate::{Outcome, child, services::Services, suites::PARTS, tally::Tally, workspace};

/// No part takes longer; one that hangs must leave CI time to say so.
const PART_LIMIT: Duration = Duration::from_mins(40);
const TAIL_LINES: usize = 80;

/// What a part that went well has to tell.
#[derive(Debug, Default)]
pub struct Verdict {
    tests: Tally,
    notes: Vec<String>,
}

impl Verdict {
    /// A verdict with remarks for the summary.
    pub fn noting(notes: Vec<String>) -> Self {
        Self { notes, ..Self::default() }
    }
}

/// A test run on its way.
pub struct Run {
    logs: PathBuf,
    part: &'static str,
    tests: Tally,
    services: Option<Services>,
}

impl Run {
    /// Runs `command` as the present part, its output in the part's log.
    pub fn command(&mut self, command: &mut Command) -> Outcome<Verdict> {
        let log = self.log();
        // `script`s of npm and CI helpers ask these before they colour or ask.
        command
            .env("CI", "true")
            .env("NO_COLOR", "1")
            .env("CARGO_TERM_COLOR", "never")
            .env("FORCE_COLOR", "0")
            .env("RUST_BACKTRACE", "0");
        let status = child::run_logged(command, &log, PART_LIMIT)?;
        let output = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        let tests = Tally::of(&output);
        self.tests = tests;
        if status.success() {
            Ok(Verdict { tests, notes: Vec::new() })
        } else {
            Err(first_reason(&output).unwrap_or_else(|| format!("the command ended with {status}")))
        }
    }

    /// Where the private servers are; starts them the first time.
    pub fn services(&mut self) -> Outcome<Vec<(&'static str, String)>> {
        if self.services.is_none() {
            crate::services::install()?;
            self.services = Some(Services::start(&self.logs)?);
        }
        Ok(self.services.as_ref().map(|services| services.environment.clone()).unwrap_or_default())
    }

    fn log(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.part))
    }
}

/// `xtask test`: its exit code is that of the whole run.
pub fn main(arguments: &[String]) -> ExitCode {
    if arguments.iter().any(|argument| argument == "--list") {
        for part in PARTS {
            println!("{}", part.name);
        }
        return ExitCode::SUCCESS;
    }
    let keeps_going = arguments.iter().any(|argument| argument == "--keep-going");
    let chosen: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = chosen.iter().find(|name| !PARTS.iter().any(|part| part.name == name.as_str())) {
        eprintln!("xtask test: no part is called `{unknown}`; `cargo xtask test --list` names them");
        return ExitCode::from(2);
    }
    let logs = workspace::target().join("test-logs");
    let _ = fs::remove_dir_all(&logs);
    if let Err(error) = fs::create_dir_all(&logs) {
        eprintln!("xtask test: {} cannot be made: {error}", logs.display());
        return ExitCode::FAILURE;
    }

    let mut run = Run { logs, part: "", tests: Tally::default(), services: None };
    let mut total = Tally::default();
    let mut failures = 0;
    for part in PARTS.iter().filter(|part| chosen.is_empty() || chosen.iter().any(|name| *name == part.name)) {
        (run.part, run.tests) = (part.name, Tally::default());
        let start = Instant::now();
        let outcome = (part.run)(&mut run);
        let seconds = start.elapsed().as_secs();
        match outcome {
            Ok(Verdict { tests, notes }) => {
                total += tests;
                let counted = if tests.passed > 0 { format!("  {} tests", tests.passed) } else { String::new() };
                println!("ok      {:<13} {seconds:>4} s{counted}", part.name);
                for note in notes {
                    println!("        {note}");
                }
            }
            Err(reason) => {
                total += run.tests;
                // A part that fails without a failed test still counts as a failure.
                total.failed += u64::from(run.tests.failed == 0);
                failures += 1;
                println!("FAILED  {:<13} {seconds:>4} s  {reason}", part.name);
                print_tail(&run);
                if !keeps_going {
                    break;
                }
            }
        }
    }
    drop(run);
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_tail(run: &Run) {
    let Ok(output) = fs::read(run.log()) else { return };
    let output = String::from_utf8_lossy(&output);
    let lines: Vec<&str> = output.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    println!("---- the last lines of {}", run.log().display());
    for line in &lines[from..] {
        println!("{line}");
    }
    println!("----");
}

/// The line that says best why a command failed.
fn first_reason(output: &str) -> Option<String> {
    let failed_test = output.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    if let Some(test) = failed_test {
        let told = output
            .lines()
            .skip_while(|line| *line != format!("---- {test} stdout ----"))
            .skip_while(|line| !line.contains("panicked at"))
            .nth(1);
        return Some(match told {
            Some(told) => format!("the test {test} failed: {told}"),
            None => format!("the test {test} failed"),
        });
    }
    let marks = ["error:", "error[", "Error:", " FAIL ", "✗", "✘", "  1) ", "× ", "Diff in ", "panicked at"];
    output.lines().find(|line| marks.iter().any(|mark| line.contains(mark))).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_the_first_failed_test_and_what_it_said() {
        let output = "\
running 2 tests
test a_rule ... ok
test another_rule ... FAILED

failures:

---- another_rule stdout ----

thread 'another_rule' (123) panicked at tests/x.rs:3:5:
it was not so
test result: FAILED. 1 passed; 1 failed
";
        assert_eq!(first_reason(output).unwrap(), "the test another_rule failed: it was not so");
        assert_eq!(first_reason("a\nerror[E0425]: no such name\n").unwrap(), "error[E0425]: no such name");
        assert_eq!(first_reason("all is well"), None);
    }
}
