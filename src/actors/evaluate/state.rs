//! The reported state of the evaluator.

use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;

/// The evaluator.
#[derive(Serialize, ToSchema)]
pub struct EvaluatorState {
    /// Families that data sets wait for.
    #[schema(value_type = Vec<String>)]
    pub expected: Vec<Family>,
    /// The data set that is judged now.
    #[schema(required = true)]
    pub judging: Option<String>,
    /// Data sets in the queue.
    pub queued: usize,
    /// What the last round came to.
    #[schema(required = true)]
    pub last: Option<String>,
    /// Data sets that wait for families without a run; they outlive a restart.
    pub waiting: Vec<WaitingState>,
    /// Number of series whose latest promotion was published on the topic; it outlives a restart.
    pub told: usize,
}

/// A data set that waits for families without a run.
#[derive(Serialize, ToSchema)]
pub struct WaitingState {
    /// The data set.
    pub dataset_id: String,
    /// Milliseconds that it has waited, restarts included.
    pub waited_ms: u64,
    /// Milliseconds that it still waits.
    pub patience_left_ms: u64,
}
