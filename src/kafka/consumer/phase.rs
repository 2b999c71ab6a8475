//! The life of a consumer as a value: it reads, it drains, it is over, and never goes back.

use serde::Serialize;

/// Where a consumer is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsumerPhase {
    /// It takes in records.
    #[default]
    Consuming,
    /// It takes in nothing more, waits for what is in hand, and commits.
    Draining,
    /// Its partitions are let go; nothing that is still held is its own any more.
    Complete,
}

impl ConsumerPhase {
    /// What comes next: `ending` when it was told to stop or cannot go on, `let_go` when its partitions are.
    pub(crate) fn next(self, ending: bool, let_go: bool) -> Self {
        match self {
            ConsumerPhase::Consuming if ending => ConsumerPhase::Draining,
            ConsumerPhase::Draining if let_go => ConsumerPhase::Complete,
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
