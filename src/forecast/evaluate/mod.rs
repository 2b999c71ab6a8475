//! Scores, the test rows that all models share, and the decision which model is served.
//!
//! * `judge`: which model is served next: a pure decision over scores and losses
//! * `lead`: whether one model is ahead of another by more than luck
//! * `measure`: the scores of a model from rolling origins at several steps ahead
//! * `measure_model`: the scores of a loaded model
//! * `origins`: the rolling origins that all contestants of a round are scored on
//! * `ranking`: the order of the scoreboard, and the origins that all candidates could score
//! * `score`: metrics on the train's min-max scale, their weights, and the one-step evaluation of a model
//! * `test_window`: the test rows of a one-step evaluation, and the rows that lead up to each of them
//! * `verdict`: what a judgement is about, and what it comes to
//! * `yardstick`: what errors are measured by: those of the naive methods on the train part

mod judge;
mod lead;
mod measure;
mod measure_model;
mod origins;
mod ranking;
mod score;
mod test_window;
mod verdict;
mod yardstick;

pub use judge::{Champion, Rules, judge};
pub use measure::{Measured, StepMetrics, measure};
pub use measure_model::measure_model;
pub use origins::TestOrigins;
pub use score::{Metrics, ScoreWeights, evaluate};
pub use test_window::{TestWindow, test_window};
pub use verdict::{Candidate, Contestant, PromotionChoice, Verdict};
