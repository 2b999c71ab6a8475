//! The JSON records of the topics.
//!
//! * `claim`: Claim checks: data travels through the object store, and only its place and hash through the topics
//! * `dead_letter`: Dead letters: the record that could not be worked on, with the reason and where it came from
//! * `json`: What travels on the topics: claims, events, hints and dead letters, as JSON
//! * `performance`: Events of `performance-eval`: what batch inference answered to a claim
//! * `training`: The events of a training

mod claim;
mod dead_letter;
mod json;
mod performance;
mod training;

pub use claim::{INFERENCE_OPERATION, InferenceClaim, TrainingClaim};
pub(crate) use dead_letter::PAYLOAD_MAX_BYTES;
pub use dead_letter::{DlqEnvelope, Origin, Truncated};
pub use json::{
    EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, MODEL_SELECTED, MODEL_TRAINING, ModelSelected, PERFORMANCE_EVAL,
    RECORD_VERSION, RecordError, TRAINING_DATA, trainer_group,
};
pub use performance::{AnswerStatus, Answered, PerformanceEvent};
pub use training::{TrainingEvent, TrainingStatus};
