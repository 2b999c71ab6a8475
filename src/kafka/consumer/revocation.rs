//! The steps of a revocation and their deadlines: partitions are revoked by the group, or given up because the consumer stops.
//!
//! Pure: the caller takes the steps. Their order matters: wait until records in hand are acknowledged, close the fences so that nothing
//! more is published, wait until what was published is confirmed, commit what is settled, and only then give up the partitions.

use std::time::{Duration, Instant};

/// A revocation that is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Revocation {
    stage: Stage,
    begun: Instant,
    /// How long all steps together may take.
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// Waiting for records in hand.
    InHand,
    /// The fences are closed; waiting for delivery reports.
    Reports,
    /// Committing, and waiting until the broker confirms it.
    Commit,
    LetGo,
}

/// The records of the partitions that are being revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PartitionStatus {
    /// Records that a worker is expected to acknowledge soon.
    pub in_hand: usize,
    /// Results that are published and not confirmed.
    pub in_transit: usize,
}

/// The next step of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RevocationStep {
    /// Wait for an acknowledgement or a delivery report, until this time at most, and ask again.
    AwaitUntil(Instant),
    /// Close the fences, and ask again.
    Fence,
    /// Commit, wait for the confirmation until this time at most, and ask again.
    CommitUntil(Instant),
    /// Give up the partitions: the revocation is over.
    LetGo,
}

impl Revocation {
    /// A revocation that begins now and may take this long.
    pub fn begin(now: Instant, timeout: Duration) -> Self {
        Self { stage: Stage::InHand, begun: now, timeout }
    }

    /// The next step.
    pub fn next(&mut self, status: PartitionStatus, now: Instant) -> RevocationStep {
        match self.stage {
            Stage::InHand if status.in_hand > 0 && now < self.in_hand_end() => {
                RevocationStep::AwaitUntil(self.in_hand_end())
            }
            Stage::InHand => {
                self.stage = Stage::Reports;
                RevocationStep::Fence
            }
            Stage::Reports if status.in_transit > 0 && now < self.reports_end() => {
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

    /// When the revocation has to be over.
    fn end(&self) -> Instant {
        self.begun + self.timeout
    }

    // the last fifth of the time is for the commit
    fn in_hand_end(&self) -> Instant {
        self.begun + self.timeout / 10 * 6
    }

    fn reports_end(&self) -> Instant {
        self.begun + self.timeout / 10 * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: PartitionStatus = PartitionStatus { in_hand: 0, in_transit: 0 };
    const TIMEOUT: Duration = Duration::from_secs(5);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_in_hand_is_fenced_and_committed_at_once() {
        let start = Instant::now();
        let mut revocation = Revocation::begin(start, TIMEOUT);
        let steps = [
            RevocationStep::Fence,
            RevocationStep::CommitUntil(start + TIMEOUT),
            RevocationStep::LetGo,
            RevocationStep::LetGo,
        ];
        assert_eq!(steps, std::array::from_fn(|_| revocation.next(IDLE, start)));
    }

    #[test]
    fn what_is_in_hand_is_waited_for_and_then_what_it_published() {
        let start = Instant::now();
        let mut revocation = Revocation::begin(start, TIMEOUT);
        let status = |in_hand, in_transit| PartitionStatus { in_hand, in_transit };
        assert_eq!(revocation.next(status(2, 1), start), RevocationStep::AwaitUntil(after(start, 3)));
        assert_eq!(revocation.next(status(1, 0), after(start, 2)), RevocationStep::AwaitUntil(after(start, 3)));
        assert_eq!(revocation.next(status(0, 3), after(start, 2)), RevocationStep::Fence);
        assert_eq!(revocation.next(status(0, 3), after(start, 2)), RevocationStep::AwaitUntil(after(start, 4)));
        assert_eq!(revocation.next(IDLE, after(start, 2)), RevocationStep::CommitUntil(after(start, 5)));
        assert_eq!(revocation.next(IDLE, after(start, 3)), RevocationStep::LetGo);
    }

    #[test]
    fn whoever_is_not_done_in_time_is_fenced_off_all_the_same() {
        let start = Instant::now();
        let mut revocation = Revocation::begin(start, TIMEOUT);
        let stuck = PartitionStatus { in_hand: 1, in_transit: 1 };
        assert_eq!(revocation.next(stuck, after(start, 3)), RevocationStep::Fence);
        assert_eq!(revocation.next(stuck, after(start, 3)), RevocationStep::AwaitUntil(after(start, 4)));
        assert_eq!(revocation.next(stuck, after(start, 4)), RevocationStep::CommitUntil(after(start, 5)));
        assert_eq!(revocation.next(stuck, after(start, 9)), RevocationStep::LetGo);
    }
}
