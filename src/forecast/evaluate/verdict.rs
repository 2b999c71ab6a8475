//! What a judgement is about, and what it comes to.

use serde::{Deserialize, Serialize};

use crate::forecast::model::Family;

use super::score::Metrics;

/// One model on the scoreboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The training run.
    pub run_id: String,
    /// Its family.
    pub model_type: Family,
    /// Metrics on the shared window; none where it could not be scored.
    pub metrics: Option<Metrics>,
    /// The score that ranks, lower is better; none where it could not be scored.
    pub score: Option<f64>,
    /// Whether it loads, warms up and answers finite numbers of the right shape.
    pub servable: bool,
    /// What a reader of the scoreboard should know about it, above all why it cannot win.
    pub note: Option<String>,
    /// Whether it is a naive method that is served because nothing beats the naive methods; left out where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}

/// What happens to the served model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionChoice {
    /// The winner becomes the served model.
    Promote,
    /// Everything stays as it is.
    Keep,
}

/// A judgement with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What happens to the served model.
    pub decision: PromotionChoice,
    /// Run of the model to be served from now on; none where nothing changes.
    pub winner: Option<String>,
    /// Whether a naive method is served after it, because nothing beats the naive methods.
    pub fallback: bool,
    /// Why, in one sentence.
    pub reason: String,
    /// Candidates and champion, best first, each with its note.
    pub scoreboard: Vec<Candidate>,
}
