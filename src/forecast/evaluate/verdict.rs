//! What a judgement is about, and what it comes to.

use serde::{Deserialize, Serialize};

use crate::forecast::model::{Family, ModelError};

use super::measure::{Measured, StepMetrics};
use super::score::Metrics;

/// One model on the scoreboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The training run.
    pub run_id: String,
    /// Its family.
    pub model_type: Family,
    /// Metrics one step ahead; none where it could not be scored.
    pub metrics: Option<Metrics>,
    /// The score that ranks, lower is better; none where it could not be scored.
    pub score: Option<f64>,
    /// Whether it loads, warms up and answers finite numbers of the right shape.
    pub servable: bool,
    /// What a reader of the scoreboard should know about it, above all why it cannot win.
    pub note: Option<String>,
    /// Mean relative loss on the origins that all candidates could score: 1 is as good as the better naive method was on the train part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Mean absolute error over the mean absolute change within a season of the train part, over all steps scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mase: Option<f64>,
    /// Errors by step ahead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_step: Vec<StepMetrics>,
    /// Origins that it was scored from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<usize>,
    /// Whether it is a naive method that is served because nothing beats the naive methods; left out where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}

impl Candidate {
    /// A servable candidate that was not scored.
    pub fn unscored(run_id: &str, model_type: Family) -> Self {
        Self {
            run_id: run_id.into(),
            model_type,
            metrics: None,
            score: None,
            servable: true,
            note: None,
            loss: None,
            mase: None,
            by_step: Vec::new(),
            origins: None,
            fallback: false,
        }
    }
}

impl Contestant {
    /// A run with what it was measured to be.
    pub fn measured(run_id: &str, model_type: Family, measured: Measured) -> Self {
        let Measured { metrics, by_step, mase, losses } = measured;
        Self { candidate: Candidate { metrics, by_step, mase, ..Candidate::unscored(run_id, model_type) }, losses }
    }

    /// A run that cannot be served, and why.
    pub fn unservable(run_id: &str, model_type: Family, error: &ModelError) -> Self {
        let note = Some(error.to_string());
        let candidate = Candidate { servable: false, note, ..Candidate::unscored(run_id, model_type) };
        Self { candidate, losses: Vec::new() }
    }
}

/// A candidate with its losses, by which it is compared with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Contestant {
    /// What the scoreboard shows of it.
    pub candidate: Candidate,
    /// By origin: its relative loss; none where it could not be scored.
    pub losses: Vec<Option<f64>>,
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
