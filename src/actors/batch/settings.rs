//! Settings of batch inference.

use crate::storage::InferenceLog;

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// Longest run of missing rows of a CSV file that is imputed.
    pub max_gap_rows: usize,
    /// Where answers are logged.
    pub log: InferenceLog,
}
