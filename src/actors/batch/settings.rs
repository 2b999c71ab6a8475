//! Settings of batch inference.

use std::sync::Arc;

use crate::forecast::GridRules;
use crate::storage::{InferenceLog, WorkJournals};

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// How the rows of objects are put on a grid, and how many cells there may be.
    pub rules: GridRules,
    /// Where answers are logged.
    pub log: InferenceLog,
    /// Where it is noted what this process works on.
    pub journals: WorkJournals,
    /// The buckets that claims may read.
    pub buckets: Arc<[String]>,
}
