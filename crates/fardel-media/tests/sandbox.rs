//! The walls hold, and every way a child can die has its name.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use fardel_media::{Limits, Sandbox, SandboxError, Task};

#[tokio::test]
async fn nothing_gets_out_of_a_child() {
    let report = support::run(Task::Probe, b"input").await.unwrap();
    assert!(report.isolation.complete(), "{:?}", report.isolation);
    assert!(report.probes.len() >= 14);
    for probe in &report.probes {
        assert!(probe.denied, "{probe:?}");
    }
}

#[tokio::test]
async fn the_input_cannot_be_changed_even_if_it_was_opened_for_writing() {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"input").unwrap();
    let report = support::sandbox().run(Task::Probe, file.try_clone().unwrap()).await.unwrap();
    assert!(report.probes.iter().any(|probe| probe.attempt == "write to the input" && probe.denied));
    assert_eq!(file.metadata().unwrap().len(), 5);
}

/// A sandbox whose child is a shell script: what a child taken over could do to its parent.
fn taken_over(script: &str) -> (tempfile::TempPath, Sandbox) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    let path = file.into_temp_path();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let limits = Limits { silence_seconds: 2, output: 1 << 20, ..Limits::default() };
    let sandbox = Sandbox::new(path.to_path_buf(), limits);
    (path, sandbox)
}

async fn ending_of(script: &str) -> SandboxError {
    let (_path, sandbox) = taken_over(script);
    let begin = Instant::now();
    let error = support::run_in(&sandbox, Task::Probe, b"").await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(10), "{error}");
    error
}

const READY: &str = r"printf '\001\002\000\000\000{}'";

#[tokio::test]
async fn a_silent_child_is_killed() {
    assert!(matches!(ending_of("exec sleep 60").await, SandboxError::TimedOut { seconds: 2 }));
    let after_ready = format!("{READY}; exec sleep 60");
    assert!(matches!(ending_of(&after_ready).await, SandboxError::TimedOut { .. } | SandboxError::Protocol));
}

#[tokio::test]
async fn a_child_that_closes_its_output_and_stays_is_killed() {
    assert!(matches!(ending_of("exec sleep 60 >&- 2>&-").await, SandboxError::TimedOut { .. }));
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    assert!(matches!(
        ending_of(r"printf '\001\377\377\377\177'; exec cat /dev/zero").await,
        SandboxError::TooMuchOutput(_)
    ));
    assert!(matches!(ending_of("exec yes").await, SandboxError::TooMuchOutput(_) | SandboxError::Protocol));
    assert!(matches!(ending_of("exec cat /dev/zero >&2").await, SandboxError::TimedOut { .. }));
}

#[tokio::test]
async fn garbage_is_not_believed() {
    assert!(matches!(
        ending_of("printf 'hello, world'").await,
        SandboxError::Protocol | SandboxError::TooMuchOutput(_)
    ));
    assert!(matches!(ending_of(r"printf '\001\004\000\000\000nope'").await, SandboxError::Protocol));
}

#[tokio::test]
async fn a_death_is_told_by_its_cause() {
    assert!(matches!(ending_of("kill -SEGV $$").await, SandboxError::Killed(11)));
    assert!(matches!(ending_of("kill -XCPU $$").await, SandboxError::TimedOut { seconds: 30 }));
    assert!(matches!(ending_of("echo oh no >&2; exit 101").await, SandboxError::Crashed(words) if words == "oh no"));
    let memory = ending_of("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$").await;
    assert!(matches!(memory, SandboxError::OutOfMemory { megabytes: 512 }));
}

#[tokio::test]
async fn a_program_that_is_missing_is_the_parents_fault() {
    let sandbox = Sandbox::new("/nonexistent/fardel".into(), Limits::default());
    let error = support::run_in(&sandbox, Task::Probe, b"").await.unwrap_err();
    assert!(matches!(error, SandboxError::Start(_)));
}

#[tokio::test]
async fn a_task_that_is_dropped_takes_its_child_along() {
    let (_path, sandbox) = taken_over("echo $$ > /tmp/fardel-media-pid.$PPID; exec sleep 60");
    let pid_file = format!("/tmp/fardel-media-pid.{}", std::process::id());
    let task = support::run_in(&sandbox, Task::Probe, b"");
    let _ = tokio::time::timeout(Duration::from_millis(700), task).await;
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    std::fs::remove_file(&pid_file).unwrap();
    let status = format!("/proc/{}/stat", pid.trim());
    for _ in 0..100 {
        // Gone, or dead and waiting to be collected.
        match std::fs::read_to_string(&status) {
            Ok(line) if !line.contains(") Z ") => tokio::time::sleep(Duration::from_millis(50)).await,
            _ => return,
        }
    }
    panic!("the child lives on");
}
