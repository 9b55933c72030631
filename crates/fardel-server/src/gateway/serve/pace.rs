//! How long to wait for a peer that should send or take bytes.

use std::time::Duration;

/// A peer's credit of waiting time: bytes earn it, waiting spends it.
///
/// It begins at [`Self::START`], each KiB adds a second, and it never exceeds [`Self::MOST`]: so a
/// transfer must keep 1 KiB/s on average after 10 s, and may never pause for more than 30 s.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    credit: Duration,
}

impl Pace {
    const START: Duration = Duration::from_secs(10);
    const MOST: Duration = Duration::from_secs(30);
    const BYTES_A_SECOND: u64 = 1_024;

    pub(super) fn new() -> Self {
        Self { credit: Self::START }
    }

    /// How long the next wait may be.
    pub(super) fn credit(self) -> Duration {
        self.credit
    }

    /// `waited` for `bytes` to move.
    pub(super) fn moved(&mut self, bytes: usize, waited: Duration) {
        let earned = Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / Self::BYTES_A_SECOND);
        self.credit = self.credit.saturating_sub(waited).saturating_add(earned).min(Self::MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_drip_runs_out_and_a_steady_flow_does_not() {
        let mut drip = Pace::new();
        for _ in 0..11 {
            drip.moved(1, SECOND);
        }
        assert!(drip.credit() < SECOND, "the next wait ends it");

        let mut steady = Pace::new();
        for _ in 0..1_000 {
            steady.moved(1_100, SECOND);
        }
        assert!(steady.credit() >= Pace::START);

        let mut burst = Pace::new();
        burst.moved(1 << 30, SECOND);
        assert_eq!(burst.credit(), Pace::MOST, "a fast start buys no long silence");
    }
}
