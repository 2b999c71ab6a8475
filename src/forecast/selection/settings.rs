//! What families are fitted with, and what the judge goes by.

use crate::forecast::data::PreprocessConfig;
use crate::forecast::evaluate::ScoreWeights;
use crate::forecast::model::{Family, TrainSettings};

/// What families are fitted with, and what the judge goes by.
#[derive(Clone, Debug)]
pub struct SelectionSettings {
    /// Columns to forecast: `*` for all, none for the first measured one.
    pub targets: Vec<String>,
    /// How rows are prepared.
    pub preprocess: PreprocessConfig,
    /// How families are fitted; short series are fitted with fewer rows of context and fewer steps ahead.
    pub train: TrainSettings,
    /// Families that may win.
    pub promotable: Vec<Family>,
    /// The weights of the metrics that rank; without them the mean relative loss ranks.
    pub weights: Option<ScoreWeights>,
    /// What the winner must be ahead of the naive methods by, as a share of their loss.
    pub margin: f64,
    /// Families that are fitted side by side, a thread each.
    pub threads: usize,
}
