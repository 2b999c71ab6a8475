//! The phases of a consumer: it consumes, drains, and is complete; it never goes back.

use serde::Serialize;

/// The phase of a consumer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsumerPhase {
    /// It reads records.
    #[default]
    Consuming,
    /// It reads nothing more, waits for records in hand, and commits.
    Draining,
    /// It has no partitions any more; acknowledgements have no effect.
    Complete,
}

impl ConsumerPhase {
    /// The next phase. `is_ending`: a stop was requested, or the consumer cannot go on. `is_revoked`: it has no partitions any more.
    pub(super) fn next(self, is_ending: bool, is_revoked: bool) -> Self {
        match self {
            ConsumerPhase::Consuming if is_ending => ConsumerPhase::Draining,
            ConsumerPhase::Draining if is_revoked => ConsumerPhase::Complete,
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_drains_before_it_is_over_and_never_reads_again() {
        let next = |phase: ConsumerPhase| {
            [(false, false), (false, true), (true, false), (true, true)].map(|(e, l)| phase.next(e, l))
        };
        use ConsumerPhase::{Complete, Consuming, Draining};
        assert_eq!(next(Consuming), [Consuming, Consuming, Draining, Draining]);
        assert_eq!(next(Draining), [Draining, Complete, Draining, Complete]);
        assert_eq!(next(Complete), [Complete; 4]);
    }
}
