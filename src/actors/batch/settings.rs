//! Settings of batch inference.

use std::sync::Arc;

use crate::storage::{InferenceLog, WorkJournals};

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// Longest run of missing rows of a CSV file that is imputed.
    pub max_gap_rows: usize,
    /// Where answers are logged.
    pub log: InferenceLog,
    /// Where it is noted what this process works on.
    pub journals: WorkJournals,
    /// The buckets that claims may read.
    pub buckets: Arc<[String]>,
}
