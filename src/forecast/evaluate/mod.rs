//! Scores, the test window that all models share, and the decision which model is served.
//!
//! * `judge`: which model is served next: a pure decision over scores
//! * `score`: metrics on the train's min-max scale, their weights, and the evaluation of a model
//! * `test_window`: the test rows that all models are scored on, and the rows that lead up to each of them
//! * `verdict`: what a judgement is about, and what it comes to

mod judge;
mod score;
mod test_window;
mod verdict;

pub use judge::{Champion, Rules, judge};
pub use score::{Metrics, ScoreWeights, evaluate};
pub use test_window::{TestWindow, test_window};
pub use verdict::{Candidate, PromotionChoice, Verdict};
