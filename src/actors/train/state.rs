//! The reported state of the trainer.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;

/// The trainer.
#[derive(Serialize, ToSchema)]
pub struct TrainerState {
    /// The families that it fits.
    #[schema(value_type = Vec<String>)]
    pub families: Vec<Family>,
    /// The number of its training threads.
    pub threads: usize,
    /// The trainings under way.
    pub running: Vec<TrainingState>,
    /// Trainings that wait for a thread.
    pub waiting: usize,
    /// By family: what the last training came to.
    #[schema(value_type = BTreeMap<String, String>)]
    pub last_outcome: BTreeMap<Family, String>,
}

/// A training under way.
#[derive(Serialize, ToSchema)]
pub struct TrainingState {
    /// The name of its thread.
    pub thread: String,
    /// The family that is fitted.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// The data set that it is fitted on.
    pub dataset_id: String,
    /// Milliseconds since it began.
    pub for_ms: u64,
    /// The epoch of its lease, once the trainer holds it.
    #[schema(required = true)]
    pub lease_epoch: Option<u64>,
    /// Attempts since one ended in order or came further than all before it, this one included.
    #[schema(required = true)]
    pub attempts: Option<u32>,
}
