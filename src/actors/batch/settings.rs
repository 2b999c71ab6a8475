use crate::storage::InferenceLog;

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// Longest run of missing rows of a CSV file that is imputed.
    pub max_gap_rows: usize,
    /// Where answers are written down.
    pub log: InferenceLog,
}

/// Why a claim was not answered.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// The claim is at fault.
    Refused(String),
    /// It is not: it comes again.
    Later(String),
}
