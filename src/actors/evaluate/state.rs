use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;

/// The evaluator.
#[derive(Serialize, ToSchema)]
pub struct EvaluatorState {
    /// Families that it waits for.
    #[schema(value_type = Vec<String>)]
    pub expected: Vec<Family>,
    /// The data set that it looks at now.
    #[schema(required = true)]
    pub judging: Option<String>,
    /// Data sets that wait for their turn.
    pub queued: usize,
    /// What the last look came to.
    #[schema(required = true)]
    pub last: Option<String>,
    /// Data sets that families are missing from; this outlives a restart.
    pub waiting: Vec<WaitingState>,
    /// Series whose latest promotion was told on the topic; this outlives a restart.
    pub told: usize,
}

/// A data set that families are missing from.
#[derive(Serialize, ToSchema)]
pub struct WaitingState {
    /// The data set.
    pub dataset_id: String,
    /// How long they have been waited for, restarts included.
    pub waited_ms: u64,
    /// How much longer they are.
    pub patience_left_ms: u64,
}
