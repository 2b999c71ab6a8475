//! Stage evaluate: finished runs become promotion decisions.
//!
//! * `error`: why a round was not finished
//! * `evaluator`: the actor, which queues data sets and hands them to its judging thread
//! * `messages`: messages to the evaluator
//! * `promotion_publisher`: publishes promotions on the topic
//! * `records`: records of `model-training`, as messages to the evaluator
//! * `round`: one round: wait for families, or judge a data set and record the decision
//! * `scoring`: every run of a data set scored on the same origins, and the decision from the scores
//! * `settings`: settings of the evaluator
//! * `state`: the reported state
//! * `test_data`: the data that a round judges on, and what a stored model scores on them
//! * `wait_state`: how long data sets have waited, and which promotions were published; it outlives a restart

mod error;
mod evaluator;
mod messages;
mod promotion_publisher;
mod records;
mod round;
mod scoring;
mod settings;
mod state;
mod test_data;
mod wait_state;

pub use evaluator::{Evaluator, JUDGE};
pub use records::parse_event;
pub use settings::JudgingSettings;
pub use state::EvaluatorState;
