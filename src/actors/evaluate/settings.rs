//! Settings of the evaluator.

use std::time::Duration;

use crate::actors::shared::Recipe;
use crate::forecast::{Family, ScoreWeights};

/// How an evaluator judges.
#[derive(Clone)]
pub struct JudgingSettings {
    /// Families that a data set waits for; one that failed for good is not waited for.
    pub expected: Vec<Family>,
    /// Families that may become champion.
    pub promotable: Vec<Family>,
    /// The weights of the metrics in the score that ranks candidates; without them the mean relative loss ranks.
    pub weights: Option<ScoreWeights>,
    /// What a challenger must win by, as a share of the champion's loss.
    pub margin: f64,
    /// Whether a provisional decision is made while a data set waits and nothing is served.
    pub provisional: bool,
    /// How long a data set waits for families without a run.
    pub timeout: Duration,
    /// How the baselines are fitted, and which columns are forecast.
    pub recipe: Recipe,
}
