//! Waiting for what must come, without guessing how long it takes.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

/// Polls until `probe` gives something; panics when it has not after `limit`. Use the contract's own
/// bound as the limit where it has one.
pub async fn eventually_within<T, F>(limit: Duration, what: &str, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        // Asked before the answer: one that was sent in time counts, however slow this machine is.
        let is_last = start.elapsed() > limit;
        if let Some(value) = probe().await {
            return value;
        }
        assert!(!is_last, "not within {limit:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same with a limit that only a defect exceeds.
pub async fn eventually<T, F>(what: &str, probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    eventually_within(Duration::from_mins(1), what, probe).await
}
