//! Stage evaluate: finished runs become promotion decisions.
//!
//! * `evaluator`: The evaluator: listens to trainings, and judges a data set once every family it waits for was heard
//! * `messages`:
//! * `promotion_publisher`: Telling promotions on the topic: the pointer in the store is the truth, and the topic only brings it sooner
//! * `publishing`: Telling of promotions: one look at the log at a time, once more if there was a reason meanwhile, and again after an outage
//! * `records`: records of `model-training`, as messages to the evaluator
//! * `round`: One round of judging: every finished run of a data set, the baselines and the champion, all on the same test window; then the decision log and the pointer, in this order
//! * `scoring`: A contest on one data set: every run measured on one test window, then the verdict as a decision
//! * `state`:
//! * `wait_state`: The evaluator's tally: how long each data set has been waited for, and which promotions were told

mod evaluator;
mod messages;
mod promotion_publisher;
mod publishing;
mod records;
mod round;
mod scoring;
mod state;
mod wait_state;

pub use evaluator::{Evaluator, JUDGE};
pub use records::parse_event;
pub use scoring::JudgingSettings;
pub use state::EvaluatorState;
