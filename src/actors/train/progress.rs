//! What a training thread does during a training: it beats, reports progress, keeps checkpoints, and obeys the stop signal.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::actors::shared::{CHECKPOINT_PATIENCE, Services};
use crate::actors::telemetry::Event;
use crate::forecast::{Family, Lineage, Progress, TrainSignal};
use crate::runtime::beat;
use crate::storage::Lease;

/// The stop signal of a trainer: set once, to the time by which its trainings must have ended.
pub type StopDeadline = OnceLock<Instant>;

/// How long a training may wait for the store. Once it must stop, that is at most half of the time left: other actors stop after
/// the trainer.
pub fn store_patience(stop_deadline: &StopDeadline) -> Duration {
    let left = stop_deadline.get().map(|end| end.saturating_duration_since(Instant::now()) / 2);
    left.map_or(CHECKPOINT_PATIENCE, |left| left.min(CHECKPOINT_PATIENCE))
}

/// The progress of one training under its lease.
pub struct TrainingProgress<'a> {
    services: &'a Services,
    family: Family,
    lineage: Lineage,
    stop_deadline: &'a StopDeadline,
    lease: &'a Lease,
    /// Time from one checkpoint to the next.
    interval: Duration,
    /// When the last checkpoint was kept, or the training began.
    kept_at: Instant,
    /// The last ratio for which an event was emitted.
    emitted_ratio: f64,
}

impl<'a> TrainingProgress<'a> {
    /// The progress of the training of this lineage, which begins now.
    pub fn new(
        services: &'a Services,
        family: Family,
        lineage: Lineage,
        stop_deadline: &'a StopDeadline,
        lease: &'a Lease,
        interval: Duration,
    ) -> Self {
        let kept_at = Instant::now();
        Self { services, family, lineage, stop_deadline, lease, interval, kept_at, emitted_ratio: 0.0 }
    }
}

impl Progress for TrainingProgress<'_> {
    fn report(&mut self, ratio: f64) -> TrainSignal {
        let family = self.family;
        beat();
        if ratio - self.emitted_ratio >= 0.01 || ratio >= 1.0 {
            self.emitted_ratio = ratio;
            self.services.events.emit(Event::TrainingProgress { family, ratio });
        }
        match self.stop_deadline.get() {
            Some(_) => TrainSignal::Stop,
            // another trainer holds the lease now, and resumes from the last checkpoint
            None if self.lease.is_lost() => TrainSignal::Stop,
            None if self.kept_at.elapsed() >= self.interval => TrainSignal::Checkpoint,
            None => TrainSignal::GoOn,
        }
    }

    fn should_stop(&mut self) -> bool {
        beat();
        self.stop_deadline.get().is_some() || self.lease.is_lost()
    }

    fn alive(&mut self) {
        beat();
        fail::fail_point!("training-step");
        fail::fail_point!("lstm-training-step", self.family == Family::LSTM, |_| ());
    }

    fn left_behind(&mut self) -> Option<Vec<u8>> {
        let load = self.services.checkpoints.load(self.family, &self.lineage, store_patience(self.stop_deadline));
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
        // the trainer that holds the lease now keeps its own checkpoints, which must not be overwritten
        if self.lease.is_lost() {
            return;
        }
        let (family, bytes) = (self.family, checkpoint.len());
        let save = self.services.checkpoints.save(
            family,
            &self.lineage,
            checkpoint.into(),
            store_patience(self.stop_deadline),
        );
        let saved = self.services.io.block_on(save);
        self.kept_at = Instant::now();
        self.services.events.emit(match saved {
            Ok(()) => {
                self.lease.checkpoint_stored(step);
                Event::CheckpointKept { family, step, bytes }
            }
            Err(error) => Event::CheckpointNotKept { family, step, error: error.to_string() },
        });
    }
}
