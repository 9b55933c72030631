//! Large contents: 1 GiB up and down, ranges, and memory under parallel streams.

use std::{env, fmt, fs, path::Path, thread, time::Instant};

use crate::{
    Failure,
    content::Content,
    fardel::{Fardel, Options, Upload},
    http::Connection,
    nginx::Nginx,
    process::{Cost, Server},
    report::{Measure, Report, Target, median},
};

const RANGE_BYTES: u64 = 64 * 1024;
const RANGES: usize = 5000;
const STREAMS: usize = 16;

const PUT_CPU: Measure = Measure { name: "PUT, CPU of both sides, s/GiB", target: Target::RatioAtMost(1.5) };
const PUT_SPEED: Measure = Measure { name: "PUT, MB/s", target: Target::RatioAtLeast(1.0) };
const PUT_OFF_CPU: Measure =
    Measure { name: "PUT without fsync, CPU of both sides, s/GiB", target: Target::RatioAtMost(1.5) };
const PUT_OFF_SPEED: Measure = Measure { name: "PUT without fsync, MB/s", target: Target::RatioAtLeast(1.0) };
const COMPLETE: Measure = Measure { name: "complete-multipart, ms", target: Target::AtMost(20.0) };
const CONFIRM: Measure = Measure { name: "confirm, ms", target: Target::None };
const GET_CPU: Measure = Measure { name: "GET, CPU of both sides, s/GiB", target: Target::RatioAtMost(1.2) };
const GET_SPEED: Measure = Measure { name: "GET, MB/s", target: Target::RatioAtLeast(1.0) };
const RANGE_START: Measure = Measure { name: "64 KiB at the start, CPU of both sides, ms", target: Target::None };
const RANGE_MIDDLE: Measure =
    Measure { name: "64 KiB in the middle, CPU of both sides, ms", target: Target::RatioAtMost(2.0) };
const RANGE_END: Measure = Measure { name: "64 KiB at the end, CPU of both sides, ms", target: Target::None };
const RANGE_LATENCY: Measure = Measure { name: "64 KiB in the middle, median latency, ms", target: Target::None };
const RANGE_FLAT: Measure =
    Measure { name: "64 KiB in the middle against the start, CPU of both sides, ×", target: Target::AtMost(1.25) };
const GET_MEMORY: Measure = Measure { name: "16 parallel GETs, memory added, MiB", target: Target::AtMost(64.0) };
const PUT_MEMORY: Measure = Measure { name: "16 parallel part PUTs, memory added, MiB", target: Target::AtMost(64.0) };

/// Measures the group.
pub fn run(folder: &Path, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    let mib = env::var("FARDEL_BENCH_LARGE_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(1024_u64);
    let mut content = Content::new(mib << 20, 0);
    let nginx = Nginx::start(&folder.join("nginx"))?;
    let mut fardel = Fardel::start(&folder.join("fardel"), &Options::default())?;
    let mut relaxed =
        Fardel::start(&folder.join("fardel-off"), &Options { without_fsync: true, ..Options::default() })?;

    for round in 0..rounds {
        content.reseed(round as u64 + 1);
        fardel.login()?;
        relaxed.login()?;
        let name = format!("large-{round}.bin");
        let put_nginx = || put_nginx(&nginx, &content);
        // The order turns each round, so that neither always runs after the same neighbour.
        let (nginx_put, stored, off) = if round % 2 == 0 {
            let first = put_nginx()?;
            (first, put_fardel(&fardel, &name, &content)?, put_fardel(&relaxed, &name, &content)?)
        } else {
            let off = put_fardel(&relaxed, &name, &content)?;
            let stored = put_fardel(&fardel, &name, &content)?;
            (put_nginx()?, stored, off)
        };
        report.compare(PUT_CPU, per_gib(&stored.cost, mib), per_gib(&nginx_put, mib));
        report.compare(PUT_SPEED, speed(&stored.cost, mib), speed(&nginx_put, mib));
        report.compare(PUT_OFF_CPU, per_gib(&off.cost, mib), per_gib(&nginx_put, mib));
        report.compare(PUT_OFF_SPEED, speed(&off.cost, mib), speed(&nginx_put, mib));
        report.own(COMPLETE, stored.complete_ms);
        report.own(CONFIRM, stored.confirm_ms);
        // What is still to be written back would be paid for by the next measurement.
        rustix::fs::sync();

        let target = fardel.content_target(&mut fardel.connect()?, &stored.file_id)?;
        reads(&fardel, &nginx, &target, mib, round, report)?;
        if round + 1 == rounds {
            memory(&fardel, &target, &mut content, report)?;
        }
        fardel.delete(&mut fardel.connect()?, &stored.file_id)?;
        relaxed.delete(&mut relaxed.connect()?, &off.file_id)?;
        fs::remove_file(folder.join("nginx/files/large.bin"))?;
        progress("large", round, rounds);
    }
    Ok(())
}

/// Says on standard error that a round is over.
pub fn progress(group: impl fmt::Display, round: usize, rounds: usize) {
    eprintln!("{group}: round {} of {rounds}", round + 1);
}

/// What became of an upload.
struct Stored {
    cost: Cost,
    complete_ms: f64,
    confirm_ms: f64,
    file_id: String,
}

/// The whole flow, hashing by the client excepted: announce, send each part, complete, confirm.
fn put_fardel(fardel: &Fardel, name: &str, content: &Content) -> Result<Stored, Failure> {
    let mut connection = fardel.connect()?;
    let (cost, (upload, complete_ms, confirm_ms)) = fardel.server.cost_of(|| {
        let upload = fardel.presign(&mut connection, name, content)?;
        let etags = upload.send(&mut connection, content)?;
        let start = Instant::now();
        fardel.complete(&mut connection, &upload, &etags)?;
        let completed = Instant::now();
        fardel.confirm(&mut connection, &upload)?;
        Ok((upload, milliseconds(start, completed), milliseconds(completed, Instant::now())))
    })?;
    Ok(Stored { cost, complete_ms, confirm_ms, file_id: upload.file })
}

fn put_nginx(nginx: &Nginx, content: &Content) -> Result<Cost, Failure> {
    let mut connection = Connection::open(nginx.address)?;
    let (cost, ()) = nginx
        .server
        .cost_of(|| connection.send("PUT", "/large.bin", &[], content.bytes())?.expect(201, "nginx PUT").map(drop))?;
    Ok(cost)
}

fn reads(
    fardel: &Fardel,
    nginx: &Nginx,
    target: &str,
    mib: u64,
    round: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    let size = mib << 20;
    let mut both =
        [(&fardel.server, fardel.connect()?, target), (&nginx.server, Connection::open(nginx.address)?, "/large.bin")];
    let mut wholes = [None; 2];
    let mut ranges = [[(0.0, 0.0); 3]; 2];
    for turn in 0..2 {
        let who = (turn + round) % 2;
        let (process, connection, target) = &mut both[who];
        wholes[who] = Some(process.cost_of(|| connection.drain(target, &[], size))?.0);
    }
    for (at, offset) in [0, size / 2, size - RANGE_BYTES].into_iter().enumerate() {
        for turn in 0..2 {
            let who = (turn + round) % 2;
            let (process, connection, target) = &mut both[who];
            ranges[who][at] = range_cost(process, connection, target, offset)?;
        }
    }
    if let [Some(ours), Some(theirs)] = wholes {
        report.compare(GET_CPU, per_gib(&ours, mib), per_gib(&theirs, mib));
        report.compare(GET_SPEED, speed(&ours, mib), speed(&theirs, mib));
    }
    let [ours, theirs] = ranges;
    for (at, measure) in [RANGE_START, RANGE_MIDDLE, RANGE_END].into_iter().enumerate() {
        report.compare(measure, ours[at].0, theirs[at].0);
    }
    report.compare(RANGE_LATENCY, ours[1].1, theirs[1].1);
    report.own(RANGE_FLAT, ours[1].0 / ours[0].0);
    Ok(())
}

/// CPU of both sides and median latency of one range, in ms.
fn range_cost(server: &Server, connection: &mut Connection, target: &str, offset: u64) -> Result<(f64, f64), Failure> {
    let range = format!("bytes={offset}-{}", offset + RANGE_BYTES - 1);
    let (cost, latencies) = server.cost_of(|| {
        (0..RANGES)
            .map(|_| {
                let start = Instant::now();
                connection.drain(target, &[("range", &range)], RANGE_BYTES)?;
                Ok(milliseconds(start, Instant::now()))
            })
            .collect::<Result<Vec<_>, Failure>>()
    })?;
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    Ok((cost.both_cpu() * 1000.0 / RANGES as f64, median(&latencies)))
}

/// Memory that streams add: 16 whole reads at once, then 16 parts sent at once.
fn memory(fardel: &Fardel, target: &str, content: &mut Content, report: &mut Report) -> Result<(), Failure> {
    let size = content.bytes().len() as u64;
    let grown = fardel.server.growth_during(|| in_parallel(|_| fardel.connect()?.drain(target, &[], size)))?;
    report.own(GET_MEMORY, mebibytes(grown));
    content.reseed(u64::MAX);
    let upload = fardel.presign(&mut fardel.connect()?, "parallel.bin", content)?;
    let content: &Content = content;
    let grown = fardel.server.growth_during(|| in_parallel(|stream| send_every(fardel, &upload, content, stream)))?;
    report.own(PUT_MEMORY, mebibytes(grown));
    Ok(())
}

/// Sends every 16th part, from the `first` on.
fn send_every(fardel: &Fardel, upload: &Upload, content: &Content, first: usize) -> Result<(), Failure> {
    let mut connection = fardel.connect()?;
    for (part, put) in content.plan().numbers().zip(&upload.requests).skip(first).step_by(STREAMS) {
        put.send(&mut connection, content.part(part))?;
    }
    Ok(())
}

fn in_parallel(work: impl Fn(usize) -> Result<(), Failure> + Sync) -> Result<(), Failure> {
    thread::scope(|scope| {
        let streams: Vec<_> = (0..STREAMS)
            .map(|stream| {
                scope.spawn({
                    let work = &work;
                    move || work(stream)
                })
            })
            .collect();
        streams.into_iter().try_for_each(|stream| stream.join().map_err(|_| "a stream failed")?)
    })
}

fn milliseconds(from: Instant, to: Instant) -> f64 {
    to.duration_since(from).as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "told to three digits")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

#[expect(clippy::cast_precision_loss, reason = "told to three digits")]
fn per_gib(cost: &Cost, mib: u64) -> f64 {
    cost.both_cpu() * 1024.0 / mib as f64
}

#[expect(clippy::cast_precision_loss, reason = "told to three digits")]
fn speed(cost: &Cost, mib: u64) -> f64 {
    mib as f64 * 1.048_576 / cost.seconds
}
