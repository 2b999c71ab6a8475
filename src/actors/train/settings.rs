//! Settings of the trainer.

use std::time::Duration;

use crate::actors::shared::Recipe;
use crate::forecast::Family;

/// What a trainer fits, and how.
#[derive(Clone)]
pub struct TrainerSettings {
    /// The families that this trainer fits.
    pub families: Vec<Family>,
    /// How they are fitted, and which columns they forecast.
    pub recipe: Recipe,
    /// Trainings at the same time, each on a thread of its own.
    pub concurrency: usize,
    /// Time from one checkpoint of a training to the next.
    pub checkpoint_interval: Duration,
}
