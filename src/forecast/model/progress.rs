//! Who watches a training: it learns how far the training is, stops it, and keeps its checkpoints.

/// What a training does after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainSignal {
    /// It goes on.
    GoOn,
    /// It gives a checkpoint to [`Progress::keep`], where its family has checkpoints, and goes on.
    Checkpoint,
    /// It gives a checkpoint to [`Progress::keep`] and ends with `ModelError::Cancelled`.
    Stop,
}

/// The watcher of one training. A closure that answers reports is a watcher that keeps no checkpoints.
pub trait Progress {
    /// Called with the share of the training that is done, 0 to 1; the answer is what the training does next.
    fn report(&mut self, ratio: f64) -> TrainSignal;

    /// Whether work that follows the training, such as storing its result, must stop. By default it counts as a report of 1; a watcher
    /// whose reports are seen outside answers without one.
    fn should_stop(&mut self) -> bool {
        self.report(1.0) == TrainSignal::Stop
    }

    /// Called before every step, also between two reports: a sign that the training does not hang.
    fn alive(&mut self) {}

    /// The checkpoint that an earlier attempt at the same training left, as it was given to [`keep`](Progress::keep).
    fn left_behind(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Called once if there was such a checkpoint: with the step at which the training resumes, or with the reason why it starts anew.
    fn resumed(&mut self, _outcome: Result<usize, String>) {}

    /// Keeps a checkpoint that was taken before this step.
    fn keep(&mut self, _step: usize, _checkpoint: Vec<u8>) {}
}

impl<F: FnMut(f64) -> TrainSignal> Progress for F {
    fn report(&mut self, ratio: f64) -> TrainSignal {
        self(ratio)
    }
}
