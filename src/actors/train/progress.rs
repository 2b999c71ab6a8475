//! What a trainer's thread does while it trains: shows that it lives, says how far it is, keeps checkpoints, and ends when it is told to.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::actors::shared::{CHECKPOINT_PATIENCE, Services};
use crate::actors::telemetry::Event;
use crate::forecast::{Family, Lineage, Progress, TrainSignal};
use crate::runtime::beat;
use crate::storage::Lease;

/// Set once, when trainings shall end: by when whoever trains must be gone.
pub type EndBy = OnceLock<Instant>;

/// How long the store may take before the end: it gets half of the time to it, for others stop after this one.
pub fn patience(end_by: &EndBy) -> Duration {
    let left = end_by.get().map(|end| end.saturating_duration_since(Instant::now()) / 2);
    left.map_or(CHECKPOINT_PATIENCE, |left| left.min(CHECKPOINT_PATIENCE))
}

/// Watches one training.
pub struct TrainingProgress<'a> {
    services: &'a Services,
    family: Family,
    lineage: Lineage,
    end_by: &'a EndBy,
    lease: &'a Lease,
    /// Time from one checkpoint to the next.
    interval: Duration,
    /// When the last checkpoint was taken, or the training began.
    kept_at: Instant,
    /// The last ratio that was told.
    told: f64,
}

impl<'a> TrainingProgress<'a> {
    /// Watches the training of this lineage.
    pub fn new(
        services: &'a Services,
        family: Family,
        lineage: Lineage,
        end_by: &'a EndBy,
        lease: &'a Lease,
        interval: Duration,
    ) -> Self {
        let kept_at = Instant::now();
        Self { services, family, lineage, end_by, lease, interval, kept_at, told: 0.0 }
    }
}

impl Progress for TrainingProgress<'_> {
    fn report(&mut self, ratio: f64) -> TrainSignal {
        let family = self.family;
        beat();
        if ratio - self.told >= 0.01 || ratio >= 1.0 {
            self.told = ratio;
            self.services.events.emit(Event::TrainingProgress { family, ratio });
        }
        match self.end_by.get() {
            Some(_) => TrainSignal::Stop,
            // whoever has it now resumes from what is kept here, or has begun already
            None if self.lease.is_lost() => TrainSignal::Stop,
            None if self.kept_at.elapsed() >= self.interval => TrainSignal::Checkpoint,
            None => TrainSignal::GoOn,
        }
    }

    fn should_stop(&mut self) -> bool {
        beat();
        self.end_by.get().is_some() || self.lease.is_lost()
    }

    fn alive(&mut self) {
        beat();
        fail::fail_point!("training-step");
        fail::fail_point!("lstm-training-step", self.family == Family::LSTM, |_| ());
    }

    fn left_behind(&mut self) -> Option<Vec<u8>> {
        let load = self.services.checkpoints.load(self.family, &self.lineage, patience(self.end_by));
        match self.services.io.block_on(load) {
            Ok(found) => found.map(|object| object.bytes.into()),
            Err(error) => {
                let error = error.to_string();
                self.services.events.emit(Event::CheckpointUnusable { family: self.family, error });
                None
            }
        }
    }

    fn resumed(&mut self, outcome: Result<usize, String>) {
        let family = self.family;
        self.services.events.emit(match outcome {
            Ok(step) => Event::TrainingResumed { family, step },
            Err(error) => Event::CheckpointUnusable { family, error },
        });
    }

    fn keep(&mut self, step: usize, checkpoint: Vec<u8>) {
        // whoever has the work now keeps its own, which is ahead of this one
        if self.lease.is_lost() {
            return;
        }
        let (family, bytes) = (self.family, checkpoint.len());
        let save = self.services.checkpoints.save(family, &self.lineage, checkpoint.into(), patience(self.end_by));
        let saved = self.services.io.block_on(save);
        self.kept_at = Instant::now();
        self.services.events.emit(match saved {
            Ok(()) => {
                self.lease.checkpoint_kept(step);
                Event::CheckpointKept { family, step, bytes }
            }
            Err(error) => Event::CheckpointNotKept { family, step, error: error.to_string() },
        });
    }
}
