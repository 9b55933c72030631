//! One folder of a million files: the first page and page 5,000 by cursor, on each database.

use std::{env, path::Path, time::Instant};

use serde_json::{Value, json};

use crate::{
    Failure,
    fardel::{Fardel, Options},
    http::{Connection, Reply},
    large::progress,
    listing_rows::{Database, FreshDatabase, fill_folder},
    report::{Measure, Report, Target, median, quantile},
};

const FILES: usize = 1_000_000;
/// Pages of 100 rows that are walked; the first and the last 50 are measured, each asked for once.
const PAGES: usize = 5000;
const MEASURED: usize = 50;

/// The figures of one database.
struct Measures {
    first: Measure,
    first_tail: Measure,
    deep: Measure,
    deep_tail: Measure,
    deep_latency: Measure,
}

const SQLITE: Measures = Measures {
    first: Measure { name: "SQLite, pages 1–50, server time, ms", target: Target::AtMost(5.0) },
    first_tail: Measure { name: "SQLite, pages 1–50, slowest, ms", target: Target::None },
    deep: Measure { name: "SQLite, pages 4,951–5,000, server time, ms", target: Target::AtMost(5.0) },
    deep_tail: Measure { name: "SQLite, pages 4,951–5,000, slowest, ms", target: Target::None },
    deep_latency: Measure { name: "SQLite, pages 4,951–5,000, at the client, ms", target: Target::None },
};

const POSTGRES: Measures = Measures {
    first: Measure { name: "PostgreSQL, pages 1–50, server time, ms", target: Target::AtMost(5.0) },
    first_tail: Measure { name: "PostgreSQL, pages 1–50, slowest, ms", target: Target::None },
    deep: Measure { name: "PostgreSQL, pages 4,951–5,000, server time, ms", target: Target::AtMost(5.0) },
    deep_tail: Measure { name: "PostgreSQL, pages 4,951–5,000, slowest, ms", target: Target::None },
    deep_latency: Measure { name: "PostgreSQL, pages 4,951–5,000, at the client, ms", target: Target::None },
};

/// Measures the group; PostgreSQL too when `FARDEL_BENCH_POSTGRES` names a database of a server.
pub fn run(folder: &Path, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    let count = env::var("FARDEL_BENCH_LISTING").ok().and_then(|text| text.parse().ok()).unwrap_or(FILES);
    // Before the servers, so that it is dropped after them.
    let postgres = env::var("FARDEL_BENCH_POSTGRES").ok().map(|url| FreshDatabase::create(&url)).transpose()?;
    let mut sides = vec![(prepare(&folder.join("sqlite"), None, count)?, SQLITE)];
    if let Some(fresh) = &postgres {
        sides.push((prepare(&folder.join("postgres"), Some(fresh.url.clone()), count)?, POSTGRES));
    }
    for round in 0..rounds {
        for ((fardel, parent), measures) in &mut sides {
            fardel.login()?;
            walk(fardel, parent, count, measures, report)?;
        }
        progress("listing", round, rounds);
    }
    Ok(())
}

/// A server whose one folder holds `count` files, put there while it was stopped.
fn prepare(folder: &Path, url: Option<String>, count: usize) -> Result<(Fardel, String), Failure> {
    let options = Options { database: url.clone(), ..Options::default() };
    let fardel = Fardel::start(folder, &options)?;
    let body = json!({"name": "full", "kind": "folder"});
    let reply = fardel.post(&mut fardel.connect()?, "/api/v1/files", &body)?.expect(201, "folder")?;
    let reply: Value = serde_json::from_slice(&reply.body)?;
    let parent = reply["file"]["id"].as_str().or(reply["id"].as_str()).ok_or("the folder has no id")?.to_owned();
    let database = url.map_or_else(|| Database::Sqlite(fardel.data.join("fardel.db")), Database::Postgres);
    drop(fardel);
    let start = Instant::now();
    fill_folder(&database, &parent, count)?;
    eprintln!("listing: {count} rows inserted in {:.0} s", start.elapsed().as_secs_f64());
    Ok((Fardel::start(folder, &options)?, parent))
}

/// Goes from page to page by cursor, and notes the server's own time for the first and the last pages.
fn walk(fardel: &Fardel, parent: &str, count: usize, measures: &Measures, report: &mut Report) -> Result<(), Failure> {
    let mut connection = fardel.connect()?;
    let pages = PAGES.min(count / 100);
    let (mut first, mut deep, mut deep_latency) = (Vec::new(), Vec::new(), Vec::new());
    let mut cursor = String::new();
    for page in 0..pages {
        let start = Instant::now();
        let reply = page_after(fardel, &mut connection, parent, &cursor)?;
        let latency = start.elapsed().as_secs_f64() * 1000.0;
        let time = server_time(&reply)?;
        if page < MEASURED {
            first.push(time);
        } else if page >= pages - MEASURED {
            deep.push(time);
            deep_latency.push(latency);
        }
        let body: Value = serde_json::from_slice(&reply.body)?;
        if body["items"].as_array().map(Vec::len) != Some(100) {
            return Err(format!("page {} does not hold 100 rows", page + 1).into());
        }
        cursor.clear();
        if page + 1 < pages {
            body["pagination"]["nextCursor"].as_str().ok_or("the listing ended early")?.clone_into(&mut cursor);
        }
    }
    report.own(measures.first, median(&first));
    report.own(measures.first_tail, quantile(&mut first, 1.0));
    report.own(measures.deep, median(&deep));
    report.own(measures.deep_tail, quantile(&mut deep, 1.0));
    report.own(measures.deep_latency, median(&deep_latency));
    Ok(())
}

fn page_after(fardel: &Fardel, connection: &mut Connection, parent: &str, cursor: &str) -> Result<Reply, Failure> {
    let mut path = format!("/api/v1/files?parentId={parent}&limit=100&sort=name");
    if !cursor.is_empty() {
        path.push_str("&cursor=");
        path.push_str(cursor);
    }
    fardel.get(connection, &path)?.expect(200, "listing")
}

/// The `total` of `Server-Timing`, in ms.
fn server_time(reply: &Reply) -> Result<f64, Failure> {
    let header = reply.header("server-timing").ok_or("the answer has no Server-Timing")?;
    let total = header.split(',').map(str::trim).find(|metric| metric.split(';').next() == Some("total"));
    let time = total.and_then(|metric| metric.split(';').find_map(|part| part.trim().strip_prefix("dur=")));
    Ok(time.ok_or_else(|| format!("no total in Server-Timing: {header}"))?.parse()?)
}
