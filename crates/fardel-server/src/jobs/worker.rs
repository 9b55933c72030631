//! The worker's loop: claim what is due, run it under a heartbeat, write down how it ended.

use std::{sync::Arc, time::Duration};

use fardel_db::{
    DbError,
    jobs::{self, LeasedJob},
};
use fardel_domain::{id::JobId, time::Timestamp};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{JobError, Kind, Outcome};
use crate::app::App;

/// A worker that says nothing for so long has lost its jobs.
const LEASE: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The safety net under the bell.
const POLL: Duration = Duration::from_secs(1);
const PARALLEL: usize = 4;
const ATTEMPTS_MAX: i64 = 12;
const BACKOFF_MAX: Duration = Duration::from_hours(1);
/// Running jobs may finish within this time when the program stops.
const DRAIN: Duration = Duration::from_secs(8);

/// Runs the jobs of the kinds that it was given.
pub struct Worker {
    app: App,
    kinds: &'static [Kind],
    slots: Arc<Semaphore>,
    running: TaskTracker,
    stopping: CancellationToken,
}

impl Worker {
    /// A worker for `kinds`.
    pub fn new(app: App, kinds: &'static [Kind]) -> Self {
        Self {
            app,
            kinds,
            slots: Arc::new(Semaphore::new(PARALLEL)),
            running: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Works until `stop` resolves; then finishes, or gives back, what is running.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut seeded = false;
        loop {
            if !seeded {
                seeded = self.seed_recurring().await.inspect_err(|error| tracing::warn!(%error, "jobs wait")).is_ok();
            }
            match self.claim().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "jobs could not be claimed"),
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.app.bell.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        self.running.close();
        if timeout(DRAIN, self.running.wait()).await.is_err() {
            self.stopping.cancel();
            let _ = timeout(Duration::from_secs(1), self.running.wait()).await;
        }
    }

    async fn seed_recurring(&self) -> Result<(), DbError> {
        let now = self.app.clock.now();
        for kind in self.kinds.iter().filter(|kind| kind.recurs) {
            let name = kind.name;
            self.app
                .db
                .write(move |tx| {
                    Box::pin(jobs::enqueue(tx, JobId::new(now), name, Some(name.to_owned()), "{}".to_owned(), now, now))
                })
                .await?;
        }
        Ok(())
    }

    /// Begins as many due jobs as there are free slots; whether there may be more.
    async fn claim(&self) -> Result<bool, DbError> {
        let free = self.slots.available_permits();
        if free == 0 {
            let _ = self.slots.acquire().await;
            return Ok(true);
        }
        let now = self.app.clock.now();
        let lease = JobId::new(now).uuid();
        let limit = i64::try_from(free).unwrap_or(1);
        let claimed = self.app.db.write(move |tx| Box::pin(jobs::claim(tx, lease, now, now + LEASE, limit))).await?;
        let is_full = claimed.len() == free;
        for job in claimed {
            let Ok(slot) = self.slots.clone().try_acquire_owned() else { break };
            let run = run(self.app.clone(), self.kinds, job, lease, self.stopping.clone());
            self.running.spawn(async move {
                run.await;
                drop(slot);
            });
        }
        Ok(is_full)
    }
}

async fn run(app: App, kinds: &'static [Kind], job: LeasedJob, lease: Uuid, stopping: CancellationToken) {
    let Some(kind) = kinds.iter().find(|kind| kind.name == job.kind) else {
        // A newer version of the program enqueued it: leave it to that one.
        tracing::warn!(kind = job.kind, "a job of an unknown kind waits");
        return end(&app, job.id, lease, End::Fail("unknown kind".to_owned(), Some(app.clock.now() + LEASE))).await;
    };
    let work = async {
        let parsed = (kind.parse)(&job.payload)?;
        parsed.run(&app).await
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = heartbeat(&app, job.id, lease) => {
            tracing::warn!(kind = kind.name, "a job's lease was lost; another worker has it");
            return;
        }
        () = stopping.cancelled() => return end(&app, job.id, lease, End::GiveBack).await,
    };
    let now = app.clock.now();
    let ending = match outcome {
        Ok(Outcome::Done) => End::Done,
        Ok(Outcome::Again(after)) => End::Again(now + after),
        Err(error) => {
            let is_last = !kind.recurs && (job.attempts >= ATTEMPTS_MAX || matches!(error, JobError::Payload));
            tracing::warn!(kind = kind.name, attempt = job.attempts, %error, is_last, "a job failed");
            End::Fail(error.to_string(), (!is_last).then(|| now + backoff(job.attempts)))
        }
    };
    end(&app, job.id, lease, ending).await;
}

/// Extends the lease until it is lost.
async fn heartbeat(app: &App, id: JobId, lease: Uuid) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let until = app.clock.now() + LEASE;
        match app.db.write(move |tx| Box::pin(jobs::extend(tx, id, lease, until))).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a heartbeat failed"),
        }
    }
}

enum End {
    Done,
    Again(Timestamp),
    Fail(String, Option<Timestamp>),
    GiveBack,
}

async fn end(app: &App, id: JobId, lease: Uuid, end: End) {
    let now = app.clock.now();
    let written = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                match end {
                    End::Done => jobs::finish(tx, id, lease).await,
                    End::Again(at) => jobs::recur(tx, id, lease, at).await,
                    End::Fail(error, at) => jobs::fail(tx, id, lease, error, at).await,
                    End::GiveBack => jobs::give_back(tx, id, lease, now).await,
                }
            })
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, job = %id, "a job's end could not be written; its lease runs out and it runs again");
    }
}

/// Exponential with full jitter: 1 s, 2 s, 4 s … at most an hour.
fn backoff(attempts: i64) -> Duration {
    let ceiling = Duration::from_secs(1 << attempts.clamp(0, 12)).min(BACKOFF_MAX);
    ceiling.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}
