//! Stage batch: claims of `inference-data` become events of `performance-eval`.
//!
//! * `answering`: from one claim to its answer, step by step
//! * `attempts`: attempts that survive the process
//! * `claim_error`: why a claim was not answered
//! * `claim_forecast`: what a model answers to the rows of an object
//! * `forecaster`: the actor, with one task a claim
//! * `limits`: how much claims may take up at once, in threads and memory
//! * `log_line`: a line of the inference log
//! * `messages`: the message that brings a claim
//! * `claim_models`: the models that answer claims
//! * `objects`: the objects that claims name, and their rows, read once
//! * `records`: records of `inference-data`, as messages to the actor
//! * `segment_log`: the writer of log segments
//! * `settings`: settings of batch inference
//! * `settling`: what becomes of the record of a claim
//! * `state`: what the actor reports of itself
//! * `waiting`: claims that wait for a model

mod answering;
mod attempts;
mod claim_error;
mod claim_forecast;
mod claim_models;
mod forecaster;
mod limits;
mod log_line;
mod messages;
mod objects;
mod records;
mod segment_log;
mod settings;
mod settling;
mod state;
mod waiting;

pub use forecaster::{BatchForecaster, CLAIMS_IN_FLIGHT, PARKED_IN_FLIGHT};
pub use records::parse_claim;
pub use settings::BatchClaims;
pub use state::BatchState;
pub use waiting::parked_wait;
