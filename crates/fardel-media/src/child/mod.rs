//! The child: a process of its own for one file.

mod exec;
#[cfg(target_os = "linux")]
mod landlock;
mod limits;
mod lockdown;
mod probe;
#[cfg(target_os = "linux")]
mod seccomp;

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::frames::{self, Kind};
use crate::parse::{self, Input};
use crate::report::{Refusal, Report};
use crate::task::{Limits, Order, Task, Work};

/// Does what its one argument orders, on the file that is its standard input, and answers on its standard output.
///
/// To be called by the program for its hidden subcommand `media-child`, before it starts any thread or opens any file:
///
/// ```no_run
/// # fn main() -> std::process::ExitCode {
/// let mut arguments = std::env::args().skip(1);
/// if arguments.next().as_deref() == Some("media-child") {
///     return fardel_media::child::run(arguments.next().as_deref());
/// }
/// # std::process::ExitCode::SUCCESS
/// # }
/// ```
pub fn run(order: Option<&str>) -> ExitCode {
    let Some(Ok(order)) = order.map(serde_json::from_str::<Order>) else {
        complain("media-child is started by the program itself, with an order as its argument");
        return ExitCode::from(2);
    };
    let outcome = match order.work {
        Work::Task(task) => work(&task, &order.limits),
        Work::Tool { program, arguments } => exec::become_tool(&program, &arguments, &order.limits),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn work(task: &Task, limits: &Limits) -> io::Result<()> {
    let isolation = lockdown::lock(limits)?;
    let mut out = io::stdout();
    frames::write(&mut out, Kind::Ready, &serde_json::to_vec(&isolation)?)?;

    let answer = match task {
        Task::Probe => Ok(Report { probes: probe::attempts(limits), ..Report::default() }),
        task => standard_input().map_err(Refusal::from).and_then(|input| parse::work(task, &input, limits)),
    };
    match answer {
        Ok(report) => {
            frames::write(&mut out, Kind::Report, &serde_json::to_vec(&report)?)?;
            for rendition in &report.renditions {
                frames::write(&mut out, Kind::Bytes, &rendition.bytes)?;
            }
        }
        Err(refusal) => frames::write(&mut out, Kind::Refused, &serde_json::to_vec(&refusal)?)?,
    }
    frames::write(&mut out, Kind::End, &[])
}

/// The input as a file that can be read at any place.
fn standard_input() -> io::Result<Input> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Input::new(File::from(owned))
}

fn complain(words: &str) {
    let _ = writeln!(io::stderr(), "{words}");
}
