//! Stage batch: claims of `inference-data` become events of `performance-eval`.
//!
//! * `answering`: from one claim to its answer, step by step
//! * `claim_error`: why a claim was not answered
//! * `claim_forecast`: what a model answers to the rows of an object
//! * `forecaster`: the actor, with one task a claim
//! * `limits`: how much claims may take up at once, in threads and memory
//! * `log_line`: a line of the inference log
//! * `messages`: the message that brings a claim
//! * `missing_models`: series without a model that can answer
//! * `model_cache`: the models that answer claims
//! * `objects`: the rows that claims name, read once
//! * `recent_values`: values that were made lately, by key
//! * `records`: records of `inference-data`, as messages to the actor
//! * `segment_log`: the writer of log segments
//! * `settings`: settings of batch inference
//! * `state`: what the actor reports of itself

mod answering;
mod claim_error;
mod claim_forecast;
mod forecaster;
mod limits;
mod log_line;
mod messages;
mod missing_models;
mod model_cache;
mod objects;
mod recent_values;
mod records;
mod segment_log;
mod settings;
mod state;

pub use forecaster::{BatchForecaster, CLAIMS_IN_FLIGHT};
pub use records::parse_claim;
pub use settings::BatchClaims;
pub use state::BatchState;
