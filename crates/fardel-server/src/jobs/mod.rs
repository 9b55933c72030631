//! The engine that runs every flow's jobs: lease, heartbeat, retry with backoff, dead letter.

mod worker;

use std::time::Duration;

use async_trait::async_trait;
use fardel_db::DbError;
use fardel_domain::object_store::StoreError;
use serde::de::DeserializeOwned;

pub use self::worker::Worker;
use crate::{answer::Failure, app::App};

/// A piece of background work. Runs at least once: every job is safe to repeat.
#[async_trait]
pub trait Job: Send + Sync {
    /// Does the work.
    async fn run(&self, app: &App) -> Result<Outcome, JobError>;
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done and forgotten.
    Done,
    /// It recurs: run it again after this time.
    Again(Duration),
}

/// Why a job failed; it is tried again with backoff.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The row's payload is not this job's.
    #[error("the payload cannot be read")]
    Payload,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A flow's step failed.
    #[error("{}: {}", .0.0.code.code(), .0.0.detail)]
    Flow(Failure),
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        Self::Flow(failure)
    }
}

/// A kind of job that this program knows how to run.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name in the jobs table.
    pub name: &'static str,
    /// Whether it exists once, for ever.
    pub recurs: bool,
    parse: fn(&str) -> Result<Box<dyn Job>, JobError>,
}

impl Kind {
    /// A job that flows enqueue.
    pub const fn once<J: Job + DeserializeOwned + 'static>(name: &'static str) -> Self {
        Self { name, recurs: false, parse: parse::<J> }
    }

    /// A job that runs for ever, again and again, on one instance at a time.
    pub const fn recurring<J: Job + DeserializeOwned + 'static>(name: &'static str) -> Self {
        Self { name, recurs: true, parse: parse::<J> }
    }
}

fn parse<J: Job + DeserializeOwned + 'static>(payload: &str) -> Result<Box<dyn Job>, JobError> {
    serde_json::from_str::<J>(payload).map(|job| Box::new(job) as Box<dyn Job>).map_err(|_| JobError::Payload)
}
