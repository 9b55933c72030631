//! Server processes: started for a measurement, ended with it, and what they use meanwhile.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;

/// The kernel counts CPU time for user space in these (`USER_HZ`, 100 on every Linux but Alpha).
const TICKS_PER_SECOND: f64 = 100.0;

/// A server and all processes below it.
pub struct Server {
    child: Child,
}

/// What one piece of work took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Time on the wall.
    pub seconds: f64,
    /// CPU time of the server's processes.
    pub server_cpu: f64,
    /// CPU time of this process, which is the client.
    pub client_cpu: f64,
}

impl Cost {
    /// CPU time of both sides. Over loopback the kernel bills the same work now to the one, now to the
    /// other; for many bytes only the sum can be compared.
    pub fn both_cpu(&self) -> f64 {
        self.server_cpu + self.client_cpu
    }
}

impl Server {
    /// Starts `command`; what it prints goes to the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Self, Failure> {
        let log = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        Ok(Self { child })
    }

    /// Does `work` and tells what it took of both sides.
    pub fn cost_of<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<(Cost, T), Failure> {
        let (server, client) = (self.cpu(), own_cpu());
        let start = Instant::now();
        let outcome = work()?;
        let seconds = start.elapsed().as_secs_f64();
        let client_cpu = own_cpu() - client;
        Ok((Cost { seconds, server_cpu: self.cpu() - server, client_cpu }, outcome))
    }

    /// By how many bytes the resident memory grows at most while `work` is done, sampled every 5 ms.
    pub fn growth_during(&self, work: impl FnOnce() -> Result<(), Failure>) -> Result<u64, Failure> {
        let done = AtomicBool::new(false);
        let before = self.resident_bytes();
        thread::scope(|scope| {
            let sampler = scope.spawn(|| {
                let mut most = before;
                while !done.load(Ordering::Relaxed) {
                    most = most.max(self.resident_bytes());
                    thread::sleep(Duration::from_millis(5));
                }
                most
            });
            let outcome = work();
            done.store(true, Ordering::Relaxed);
            let most = sampler.join().map_err(|_| "the memory sampler failed")?;
            outcome.map(|()| most.saturating_sub(before))
        })
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    fn cpu(&self) -> f64 {
        self.tree().into_iter().filter_map(cpu_of).sum()
    }

    fn resident_bytes(&self) -> u64 {
        self.tree().into_iter().filter_map(resident_of).sum()
    }

    fn tree(&self) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        for id in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
            if let Some(parent) = stat(id).and_then(|fields| fields.get(1)?.parse().ok()) {
                children.entry(parent).or_default().push(id);
            }
        }
        let mut tree = vec![self.child.id()];
        let mut at = 0;
        while at < tree.len() {
            tree.extend(children.remove(&tree[at]).unwrap_or_default());
            at += 1;
        }
        tree
    }
}

impl Drop for Server {
    /// Asks it to end, and ends it when it has not done so after 15 s.
    fn drop(&mut self) {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::TERM);
        }
        let patience = Instant::now() + Duration::from_secs(15);
        while !self.has_ended() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn own_cpu() -> f64 {
    cpu_of(std::process::id()).unwrap_or_default()
}

/// User and system time of a process, its ended threads and its ended children.
fn cpu_of(id: u32) -> Option<f64> {
    let fields = stat(id)?;
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u32>().ok()).sum::<u32>();
    Some(f64::from(ticks) / TICKS_PER_SECOND)
}

/// `/proc/ID/stat` from its third field on (proc(5)): the second may hold spaces.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn resident_of(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}
