//! Stage batch: claims of `inference-data` become events of `performance-eval`.
//!
//! * `answering`: From one claim to its answer, step by step
//! * `forecaster`: Batch inference: every claim of `inference-data` gets a forecast after its last row and a replay of the rows it has
//! * `limits`: How much is worked on at once for claims: threads for what computes, and bytes of objects in memory
//! * `messages`:
//! * `missing_models`: Since when a series has no model that can answer: its first one may be in training, and its files may come back, but not for ever
//! * `model_cache`: The models that answer claims: the one that this node serves, and of other series those that claims ask for, each as its pointer says
//! * `objects`: The rows behind claims: read once, checked against their hash, kept for the claims that name them again
//! * `outcome`: What a model answers to the rows of an object: the forecast after them and the errors of their replay
//! * `read_claim`:
//! * `recent`: What was made lately, by key: made once however many ask for it at the same time, and forgotten by age when it takes up too much
//! * `segment_log`: The writer of log segments: lines of many claims in one object, which is closed by 1 MB, 256 lines or 250 ms, and takes along what waits already, up to 8 MB
//! * `settings`:
//! * `state`:

mod answering;
mod forecaster;
mod limits;
mod messages;
mod missing_models;
mod model_cache;
mod objects;
mod outcome;
mod read_claim;
mod recent;
mod segment_log;
mod settings;
mod state;

pub use forecaster::{BatchForecaster, CLAIMS_IN_FLIGHT};
pub use messages::AnswerClaim;
pub use read_claim::read_claim;
pub use settings::BatchClaims;
pub use state::BatchState;
