//! Settings of batch inference.

use std::sync::Arc;

use crate::forecast::ReadOptions;
use crate::storage::{InferenceLog, WorkJournals};

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// How objects are read.
    pub options: ReadOptions,
    /// Where answers are logged.
    pub log: InferenceLog,
    /// Where it is noted what this process works on.
    pub journals: WorkJournals,
    /// The buckets that claims may read.
    pub buckets: Arc<[String]>,
}
