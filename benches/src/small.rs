//! Small contents: 16 KiB each, where what surrounds the bytes is the cost.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    Failure,
    content::Content,
    fardel::{Fardel, Options, Upload},
    http::Connection,
    large::progress,
    nginx::Nginx,
    process::Cost,
    report::{Measure, Report, Target, median, quantile},
};

const BYTES: u64 = 16 * 1024;
const PUTS: usize = 5000;
const GETS: usize = 20_000;
const GETS_ALONE: usize = 10_000;
const FILES: usize = 500;
const FLOWS: usize = 1500;
const CLIENTS: usize = 16;
const FLOW_CLIENTS: usize = 32;

const PUT_CPU: Measure = Measure { name: "signed PUT without fsync, server CPU, ms", target: Target::RatioAtMost(1.3) };
const PUT_RATE: Measure = Measure { name: "signed PUT without fsync, 16 clients, /s", target: Target::None };
const DURABLE_CPU: Measure = Measure { name: "signed PUT with fsync, server CPU, ms", target: Target::None };
const DURABLE_RATE: Measure = Measure { name: "signed PUT with fsync, 16 clients, /s", target: Target::None };
const GET_CPU: Measure =
    Measure { name: "GET on 16 kept connections, server CPU, ms", target: Target::RatioAtMost(1.4) };
const GET_RATE: Measure = Measure { name: "GET on 16 kept connections, /s", target: Target::None };
const ALONE_CPU: Measure =
    Measure { name: "GET on one kept connection, server CPU, ms", target: Target::RatioAtMost(1.4) };
const ALONE_LATENCY: Measure =
    Measure { name: "GET on one kept connection, median latency, ms", target: Target::AtMost(1.0) };
const FLOW_RATE: Measure = Measure { name: "presign + PUT + confirm, 32 clients, /s", target: Target::AtLeast(150.0) };
const FLOW_MEDIAN: Measure = Measure { name: "presign + PUT + confirm, median, ms", target: Target::None };
const FLOW_TAIL: Measure = Measure { name: "presign + PUT + confirm, p99, ms", target: Target::AtMost(100.0) };

/// Measures the group.
pub fn run(folder: &Path, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    let nginx = Nginx::start(&folder.join("nginx"))?;
    let mut fardel = Fardel::start(&folder.join("fardel"), &Options::default())?;
    let mut relaxed =
        Fardel::start(&folder.join("fardel-off"), &Options { without_fsync: true, ..Options::default() })?;

    for round in 0..rounds {
        fardel.login()?;
        relaxed.login()?;
        let files = flows(&fardel, round, report)?;
        puts(&fardel, &relaxed, &nginx, round, report)?;
        // What is still to be written back would be paid for by the next measurement.
        rustix::fs::sync();
        gets(&fardel, &nginx, &files, round, report)?;
        progress("small", round, rounds);
    }
    Ok(())
}

/// The whole flow by 32 clients at once, durable. Gives the ids of the files.
fn flows(fardel: &Fardel, round: usize, report: &mut Report) -> Result<Vec<String>, Failure> {
    let contents = contents(FLOWS, round, 1);
    let files = Mutex::new(Vec::with_capacity(FLOWS));
    let (cost, mut latencies) = fardel.server.cost_of(|| {
        in_turns(
            FLOW_CLIENTS,
            FLOWS,
            || fardel.connect(),
            |connection, at| {
                let upload = fardel.presign(connection, &format!("flow-{round}-{at}.bin"), &contents[at])?;
                upload.send(connection, &contents[at])?;
                fardel.confirm(connection, &upload)?;
                files.lock().map_err(|_| "a client failed")?.push(upload.file);
                Ok(())
            },
        )
    })?;
    report.own(FLOW_RATE, rate(&cost, FLOWS));
    report.own(FLOW_MEDIAN, median(&latencies));
    report.own(FLOW_TAIL, quantile(&mut latencies, 0.99));
    Ok(files.into_inner().map_err(|_| "a client failed")?)
}

fn puts(fardel: &Fardel, relaxed: &Fardel, nginx: &Nginx, round: usize, report: &mut Report) -> Result<(), Failure> {
    let contents = contents(PUTS, round, 2);
    let mut costs = [None; 3];
    for turn in 0..3 {
        let side = (turn + round) % 3;
        costs[side] = Some(match side {
            0 => {
                let put = |connection: &mut Connection, at: usize| {
                    let reply = connection.send("PUT", &format!("/put-{round}-{at}"), &[], contents[at].bytes())?;
                    reply.expect(201, "nginx PUT").map(drop)
                };
                nginx.server.cost_of(|| in_turns(CLIENTS, PUTS, || Connection::open(nginx.address), put))?.0
            }
            1 => put_signed(relaxed, round, &contents)?,
            _ => put_signed(fardel, round, &contents)?,
        });
    }
    if let [Some(theirs), Some(off), Some(durable)] = costs {
        report.compare(PUT_CPU, server_ms(&off, PUTS), server_ms(&theirs, PUTS));
        report.compare(PUT_RATE, rate(&off, PUTS), rate(&theirs, PUTS));
        report.compare(DURABLE_CPU, server_ms(&durable, PUTS), server_ms(&theirs, PUTS));
        report.compare(DURABLE_RATE, rate(&durable, PUTS), rate(&theirs, PUTS));
    }
    Ok(())
}

/// PUTs whose URLs were signed before; only the PUTs count.
fn put_signed(fardel: &Fardel, round: usize, contents: &[Content]) -> Result<Cost, Failure> {
    let mut connection = fardel.connect()?;
    let uploads = (0..PUTS)
        .map(|at| fardel.presign(&mut connection, &format!("put-{round}-{at}.bin"), &contents[at]))
        .collect::<Result<Vec<Upload>, Failure>>()?;
    let put = |connection: &mut Connection, at: usize| {
        uploads[at].requests[0].send(connection, contents[at].bytes()).map(drop)
    };
    Ok(fardel.server.cost_of(|| in_turns(CLIENTS, PUTS, || fardel.connect(), put))?.0)
}

fn gets(fardel: &Fardel, nginx: &Nginx, files: &[String], round: usize, report: &mut Report) -> Result<(), Failure> {
    let mut connection = fardel.connect()?;
    let signed = files.iter().take(FILES).map(|file| fardel.content_target(&mut connection, file));
    let signed = signed.collect::<Result<Vec<_>, Failure>>()?;
    let plain: Vec<_> = (0..FILES).map(|at| format!("/put-{round}-{at}")).collect();
    let sides = [(&fardel.server, fardel.address, &signed), (&nginx.server, nginx.address, &plain)];

    for (clients, count, cpu) in [(CLIENTS, GETS, GET_CPU), (1, GETS_ALONE, ALONE_CPU)] {
        let mut outcomes = [const { None }; 2];
        for turn in 0..2 {
            let side = (turn + round) % 2;
            let (server, address, targets) = sides[side];
            let get =
                |connection: &mut Connection, at: usize| connection.drain(&targets[at % targets.len()], &[], BYTES);
            outcomes[side] = Some(server.cost_of(|| in_turns(clients, count, || Connection::open(address), get))?);
        }
        if let [Some((ours, our_latencies)), Some((theirs, their_latencies))] = outcomes {
            report.compare(cpu, server_ms(&ours, count), server_ms(&theirs, count));
            if clients == 1 {
                report.compare(ALONE_LATENCY, median(&our_latencies), median(&their_latencies));
            } else {
                report.compare(GET_RATE, rate(&ours, count), rate(&theirs, count));
            }
        }
    }
    Ok(())
}

/// Does `work` `count` times over `clients` connections at once; gives how long each took, in ms.
fn in_turns(
    clients: usize,
    count: usize,
    connect: impl Fn() -> Result<Connection, Failure> + Sync,
    work: impl Fn(&mut Connection, usize) -> Result<(), Failure> + Sync,
) -> Result<Vec<f64>, Failure> {
    let next = AtomicUsize::new(0);
    let client = || {
        let mut connection = connect()?;
        let mut latencies = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok::<_, Failure>(latencies);
            }
            let start = Instant::now();
            work(&mut connection, at)?;
            latencies.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let mut latencies = Vec::with_capacity(count);
        for client in clients {
            latencies.extend(client.join().map_err(|_| "a client failed")??);
        }
        Ok(latencies)
    })
}

/// Contents that no other round and no other use (`kind`) has.
fn contents(count: usize, round: usize, kind: u64) -> Vec<Content> {
    (0..count).map(|at| Content::new(BYTES, (round as u64) << 32 | kind << 24 | at as u64)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn server_ms(cost: &Cost, count: usize) -> f64 {
    cost.server_cpu * 1000.0 / count as f64
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn rate(cost: &Cost, count: usize) -> f64 {
    count as f64 / cost.seconds
}
