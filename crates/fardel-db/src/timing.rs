//! How long one request spent in the database, and with how many statements.

use std::{cell::Cell, future::Future, time::Duration};

tokio::task_local! {
    static SPENT: Cell<DbTime>;
}

/// The database's share of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DbTime {
    /// Time spent waiting for the database.
    pub duration: Duration,
    /// Statements and transactions awaited.
    pub calls: u32,
}

/// Runs `work` and tells what it spent in the database.
pub async fn measured<T>(work: impl Future<Output = T>) -> (T, DbTime) {
    SPENT
        .scope(Cell::new(DbTime::default()), async {
            let output = work.await;
            (output, SPENT.with(Cell::get))
        })
        .await
}

/// Adds the time of `call` to the request around it, if there is one.
pub(crate) async fn timed<T>(call: impl Future<Output = T>) -> T {
    let start = std::time::Instant::now();
    let output = call.await;
    let _ = SPENT.try_with(|spent| {
        let so_far = spent.get();
        spent.set(DbTime { duration: so_far.duration + start.elapsed(), calls: so_far.calls + 1 });
    });
    output
}
