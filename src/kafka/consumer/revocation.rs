//! How partitions are let go, when they are taken away and when the consumer stops: the order of the steps and their deadlines.
//!
//! Pure: what is done in each step is the caller's. The order is the point. What is in hand is waited for, then nothing more of it
//! can be published, then what was published is confirmed, then what is finished is committed, and only then are they let go.

use std::time::{Duration, Instant};

/// Partitions on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Revocation {
    stage: Stage,
    begun: Instant,
    /// How long all of it may take.
    patience: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// Records in hand are waited for.
    Hands,
    /// Nothing more can be published; what was is waited for.
    Reports,
    /// What is finished is committed, and the broker asked to show it.
    Commit,
    LetGo,
}

/// How things stand with what is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PartitionStatus {
    /// Records that somebody is expected to answer soon.
    pub in_hand: usize,
    /// What was published and is not confirmed.
    pub in_transit: usize,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RevocationStep {
    /// Wait for an answer or a report, at most until then, and ask again.
    AwaitUntil(Instant),
    /// End the tenures, and ask again.
    Fence,
    /// Commit and have it confirmed by then, and ask again.
    CommitUntil(Instant),
    /// Let go.
    LetGo,
}

impl Revocation {
    /// Begins to let go, which may take this long.
    pub fn begin(now: Instant, patience: Duration) -> Self {
        Self { stage: Stage::Hands, begun: now, patience }
    }

    /// What to do now.
    pub fn next(&mut self, standing: PartitionStatus, now: Instant) -> RevocationStep {
        match self.stage {
            Stage::Hands if standing.in_hand > 0 && now < self.hands_end() => {
                RevocationStep::AwaitUntil(self.hands_end())
            }
            Stage::Hands => {
                self.stage = Stage::Reports;
                RevocationStep::Fence
            }
            Stage::Reports if standing.in_transit > 0 && now < self.reports_end() => {
                RevocationStep::AwaitUntil(self.reports_end())
            }
            Stage::Reports => {
                self.stage = Stage::Commit;
                RevocationStep::CommitUntil(self.end())
            }
            Stage::Commit | Stage::LetGo => {
                self.stage = Stage::LetGo;
                RevocationStep::LetGo
            }
        }
    }

    /// When all of it has to be over.
    pub fn end(&self) -> Instant {
        self.begun + self.patience
    }

    // the rest of the time is what a commit takes when the broker is slow
    fn hands_end(&self) -> Instant {
        self.begun + self.patience / 10 * 6
    }

    fn reports_end(&self) -> Instant {
        self.begun + self.patience / 10 * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: PartitionStatus = PartitionStatus { in_hand: 0, in_transit: 0 };
    const PATIENCE: Duration = Duration::from_secs(5);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_in_hand_is_fenced_and_committed_at_once() {
        let start = Instant::now();
        let mut release = Revocation::begin(start, PATIENCE);
        let steps = [
            RevocationStep::Fence,
            RevocationStep::CommitUntil(start + PATIENCE),
            RevocationStep::LetGo,
            RevocationStep::LetGo,
        ];
        assert_eq!(steps, std::array::from_fn(|_| release.next(IDLE, start)));
    }

    #[test]
    fn what_is_in_hand_is_waited_for_and_then_what_it_published() {
        let start = Instant::now();
        let mut release = Revocation::begin(start, PATIENCE);
        let standing = |in_hand, in_transit| PartitionStatus { in_hand, in_transit };
        assert_eq!(release.next(standing(2, 1), start), RevocationStep::AwaitUntil(after(start, 3)));
        assert_eq!(release.next(standing(1, 0), after(start, 2)), RevocationStep::AwaitUntil(after(start, 3)));
        assert_eq!(release.next(standing(0, 3), after(start, 2)), RevocationStep::Fence);
        assert_eq!(release.next(standing(0, 3), after(start, 2)), RevocationStep::AwaitUntil(after(start, 4)));
        assert_eq!(release.next(IDLE, after(start, 2)), RevocationStep::CommitUntil(after(start, 5)));
        assert_eq!(release.next(IDLE, after(start, 3)), RevocationStep::LetGo);
    }

    #[test]
    fn whoever_is_not_done_in_time_is_fenced_off_all_the_same() {
        let start = Instant::now();
        let mut release = Revocation::begin(start, PATIENCE);
        let stuck = PartitionStatus { in_hand: 1, in_transit: 1 };
        assert_eq!(release.next(stuck, after(start, 3)), RevocationStep::Fence);
        assert_eq!(release.next(stuck, after(start, 3)), RevocationStep::AwaitUntil(after(start, 4)));
        assert_eq!(release.next(stuck, after(start, 4)), RevocationStep::CommitUntil(after(start, 5)));
        assert_eq!(release.next(stuck, after(start, 9)), RevocationStep::LetGo);
    }
}
