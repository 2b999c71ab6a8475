//! Settings of batch inference.

use crate::forecast::GridRules;
use crate::storage::InferenceLog;

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// How the rows of objects are put on a grid, and how many cells there may be.
    pub rules: GridRules,
    /// Where answers are logged.
    pub log: InferenceLog,
}
