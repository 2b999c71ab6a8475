//! Scores, the shared test window, and the decision who is served.
//!
//! * `judge`: Who is served next: a pure decision over scores
//! * `score`: Scores: metrics on the train's min-max scale, how they are weighed, and how a model earns them
//! * `test_window`: The one test window that all models share, and the rows that lead up to each of its rows

pub(crate) mod judge;
mod score;
mod test_window;

pub use judge::{Candidate, PromotionChoice, Verdict, judge};
pub use score::{Metrics, ScoreWeights, evaluate};
pub use test_window::{TestWindow, test_window};
