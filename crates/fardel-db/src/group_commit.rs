//! SQLite's one writer: callers that wait at the same time share one commit, and one fsync.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{error::DbError, tx::Tx};

/// So many transactions at most share one commit.
const BATCH_MAX: usize = 256;
/// So many callers may wait in line; more wait at the door, which is back-pressure.
const QUEUE_LENGTH: usize = 1_024;

/// A transaction in line: it runs, and later learns whether the shared commit held.
trait Job: Send {
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    fn answer(self: Box<Self>, commit: Result<(), DbError>);
}

struct Work<T, E, F> {
    steps: Option<F>,
    output: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            let Some(steps) = self.steps.take() else { return false };
            let output = steps(tx).await;
            let succeeded = output.is_ok();
            self.output = Some(output);
            succeeded
        })
    }

    fn answer(self: Box<Self>, commit: Result<(), DbError>) {
        let answer = match (self.output, commit) {
            (Some(Ok(output)), Ok(())) => Ok(output),
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(closed().into()),
        };
        let _ = self.reply.send(answer);
    }
}

fn closed() -> DbError {
    DbError::Unavailable(sqlx::Error::PoolClosed)
}

type Queue = mpsc::Sender<Box<dyn Job>>;

/// The handle to the writer's task. The task ends when `queue` is taken.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: Arc<Mutex<Option<Queue>>>,
    sender: mpsc::WeakSender<Box<dyn Job>>,
    ended: Arc<Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl Writer {
    pub(crate) fn spawn(connection: Tx) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_LENGTH);
        let task = tokio::spawn(write_batches(connection, receiver));
        Self {
            sender: sender.downgrade(),
            queue: Arc::new(Mutex::new(Some(sender))),
            ended: Arc::new(Mutex::new(Some(task))),
        }
    }

    pub(crate) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { steps: Some(work), output: None, reply });
        let sender = self.sender.upgrade().ok_or_else(closed)?;
        sender.send(job).await.map_err(|_| closed())?;
        drop(sender);
        answer.await.map_err(|_| closed())?
    }

    /// Lets what is in line finish, then closes the connection.
    pub(crate) async fn close(&self) {
        self.queue.lock().await.take();
        if let Some(task) = self.ended.lock().await.take() {
            let _ = task.await;
        }
    }
}

async fn write_batches(mut tx: Tx, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let outcome = run_batch(&mut tx, &mut batch).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, transactions = batch.len(), "a shared commit failed");
            let _ = tx.control("ROLLBACK").await;
        }
        for job in batch.drain(..) {
            job.answer(match &outcome {
                Ok(()) => Ok(()),
                Err(DbError::Full) => Err(DbError::Full),
                Err(error) => Err(DbError::Failed(sqlx::Error::Protocol(error.to_string()))),
            });
        }
    }
    tx.close().await;
}

async fn run_batch(tx: &mut Tx, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
    tx.control("BEGIN IMMEDIATE").await?;
    for job in batch {
        tx.control("SAVEPOINT job").await?;
        if job.run(tx).await {
            tx.control("RELEASE job").await?;
        } else {
            tx.control("ROLLBACK TO job").await?;
            tx.control("RELEASE job").await?;
        }
    }
    tx.control("COMMIT").await
}
