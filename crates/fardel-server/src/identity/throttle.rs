//! Sign-in attempts: free at first, then ever slower, for each account from each network and for
//! each network. An account is never locked as such: its owner still gets in from elsewhere.

use std::time::Duration;

use fardel_domain::{
    checksum::Sha256,
    problem::{Problem, ProblemCode},
    time::Timestamp,
};
use moka::{
    future::Cache,
    ops::compute::{CompResult, Op},
};

use super::Network;

/// A network may try so many times as often as one account from it.
const NETWORK_FACTOR: u32 = 10;
const LONGEST_DELAY: Duration = Duration::from_mins(15);
/// After so long without an attempt, attempts are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);
const REMEMBERED: u64 = 100_000;

/// The attempts of late, in memory: a restart forgets them.
pub struct Throttle {
    free: u32,
    attempts: Cache<Who, Attempts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(Sha256, Network),
    Network(Network),
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u32,
    last: Timestamp,
    next: Timestamp,
}

/// An attempt that was let through and counted; tell [`Throttle::succeeded`] if it was right.
#[derive(Debug)]
pub struct Attempt {
    account: Who,
    network: Who,
}

impl Throttle {
    /// `free` attempts for one account from one network before delays begin.
    pub fn new(free: u32) -> Self {
        let attempts = Cache::builder().max_capacity(REMEMBERED).time_to_idle(FORGOTTEN_AFTER).build();
        Self { free: free.max(1), attempts }
    }

    /// Counts an attempt before its password is looked at, so that many at once do not slip
    /// through; 429 `rate-limited` while it is too early.
    pub async fn admit(&self, account: &str, network: Network, now: Timestamp) -> Result<Attempt, Problem> {
        let attempt =
            Attempt { account: Who::Account(Sha256::of(account.as_bytes()), network), network: Who::Network(network) };
        self.count(attempt.network.clone(), self.free.saturating_mul(NETWORK_FACTOR), now).await?;
        if let Err(problem) = self.count(attempt.account.clone(), self.free, now).await {
            self.uncount(attempt.network).await;
            return Err(problem);
        }
        Ok(attempt)
    }

    /// The attempt was right: it does not count, and neither do those before it for the account.
    pub async fn succeeded(&self, attempt: Attempt) {
        self.attempts.invalidate(&attempt.account).await;
        self.uncount(attempt.network).await;
    }

    async fn count(&self, who: Who, free: u32, now: Timestamp) -> Result<(), Problem> {
        let counted = self
            .attempts
            .entry(who)
            .and_compute_with(async |entry| {
                let before =
                    entry.map(moka::Entry::into_value).filter(|before| now.since(before.last) < FORGOTTEN_AFTER);
                match before {
                    Some(before) if before.next > now => Op::Nop,
                    before => Op::Put(Attempts::another(before, free, now)),
                }
            })
            .await;
        let CompResult::Unchanged(entry) = counted else { return Ok(()) };
        let wait = entry.into_value().next.since(now).as_secs() + 1;
        let detail = format!("Too many sign-in attempts. Wait {wait} s.");
        Err(Problem::new(ProblemCode::RateLimited, detail).retry_after(wait))
    }

    async fn uncount(&self, who: Who) {
        self.attempts
            .entry(who)
            .and_compute_with(async |entry| match entry.map(moka::Entry::into_value) {
                Some(before) => Op::Put(Attempts { count: before.count.saturating_sub(1), ..before }),
                None => Op::Nop,
            })
            .await;
    }
}

impl Attempts {
    fn another(before: Option<Self>, free: u32, now: Timestamp) -> Self {
        let count = before.map_or(0, |before| before.count).saturating_add(1);
        let next = match count.checked_sub(free) {
            // Long past: requests that came at once may carry their times in any order.
            None => Timestamp::from_micros(0),
            Some(beyond) => now + Duration::from_secs(1 << beyond.min(10)).min(LONGEST_DELAY),
        };
        Self { count, last: now, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ClientAddress;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    fn network(address: &str) -> Network {
        ClientAddress(address.parse().unwrap()).network()
    }

    #[tokio::test]
    async fn attempts_get_slower_and_are_forgotten() {
        let throttle = Throttle::new(3);
        let home = network("192.0.2.1");
        for _ in 0..3 {
            throttle.admit("ada", home, at(0)).await.unwrap();
        }
        assert_eq!(throttle.admit("ada", home, at(0)).await.unwrap_err().retry_after, Some(2));
        throttle.admit("ada", home, at(1)).await.unwrap();
        throttle.admit("ada", home, at(2)).await.unwrap_err();
        throttle.admit("ada", home, at(3)).await.unwrap();
        throttle.admit("ada", home, at(6)).await.unwrap_err();
        let much_later = at(7 + 15 * 60);
        for _ in 0..3 {
            throttle.admit("ada", home, much_later).await.unwrap();
        }
    }

    #[tokio::test]
    async fn free_attempts_may_come_in_any_order() {
        let throttle = Throttle::new(3);
        for second in [2, 1, 0] {
            throttle.admit("ada", network("192.0.2.1"), at(second)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_account_is_not_locked_for_others() {
        let throttle = Throttle::new(3);
        while throttle.admit("ada", network("203.0.113.66"), at(0)).await.is_ok() {}
        throttle.admit("ada", network("192.0.2.1"), at(0)).await.unwrap();
        throttle.admit("bob", network("203.0.113.66"), at(0)).await.unwrap();
    }

    #[tokio::test]
    async fn one_network_cannot_try_every_account() {
        let throttle = Throttle::new(3);
        let mut tried = 0;
        while throttle.admit(&format!("user{tried}"), network("203.0.113.66"), at(0)).await.is_ok() {
            tried += 1;
        }
        assert_eq!(tried, 30);
    }

    #[tokio::test]
    async fn a_right_password_forgives_the_wrong_ones() {
        let throttle = Throttle::new(3);
        let home = network("192.0.2.1");
        for _ in 0..100 {
            throttle.admit("ada", home, at(0)).await.unwrap();
            let attempt = throttle.admit("ada", home, at(0)).await.unwrap();
            throttle.succeeded(attempt).await;
            throttle.uncount(Who::Network(home)).await;
        }
    }

    #[tokio::test]
    async fn parallel_guesses_all_count() {
        let throttle = Throttle::new(10);
        let guesses = (0..60).map(|_| throttle.admit("ada", network("192.0.2.1"), at(0)));
        let admitted = futures_util::future::join_all(guesses).await.into_iter().flatten().count();
        assert_eq!(admitted, 10);
    }
}
