//! Who watches a training: it hears how far that is, says whether it goes on, and keeps where it stands.

/// What a training does after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainSignal {
    /// It goes on.
    GoOn,
    /// It hands out a checkpoint, where its family has such a thing, and goes on.
    Checkpoint,
    /// It hands out a checkpoint and ends as cancelled.
    Stop,
}

/// Whoever watches a training; a closure that answers reports is one that keeps nothing.
pub trait Progress {
    /// Hears how far the training is, 0 to 1.
    fn report(&mut self, ratio: f64) -> TrainSignal;

    /// Hears of every step, also between two reports.
    fn alive(&mut self) {}

    /// The checkpoint that an earlier attempt at the same training left, as it was given to [`keep`](Progress::keep).
    fn left_behind(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Hears what became of that checkpoint: the training goes on at this step, or why it starts anew.
    fn resumed(&mut self, _outcome: Result<usize, String>) {}

    /// Keeps a checkpoint, taken before this step.
    fn keep(&mut self, _step: usize, _checkpoint: Vec<u8>) {}
}

impl<F: FnMut(f64) -> TrainSignal> Progress for F {
    fn report(&mut self, ratio: f64) -> TrainSignal {
        self(ratio)
    }
}
