//! The JSON records of the topics.
//!
//! * `claim`: claims of `training-data` and `inference-data`
//! * `dead_letter`: envelopes of `DLQ-<topic>`
//! * `error`: why a record cannot be read
//! * `identifier`: the series that a record is about
//! * `json`: records from and to JSON
//! * `model_selected`: hints of `model-selected`
//! * `performance`: events of `performance-eval`
//! * `training`: events of `model-training`
//! * `version`: the version of the records

mod claim;
mod dead_letter;
mod error;
mod identifier;
mod json;
mod model_selected;
mod performance;
mod training;
mod version;

pub use claim::{DataClaim, INFERENCE_OPERATION, InferenceClaim, TrainingClaim};
pub use dead_letter::{DlqEnvelope, Origin, PAYLOAD_MAX_BYTES, Truncated};
pub use error::RecordError;
pub use model_selected::ModelSelected;
pub use performance::{AnswerStatus, Answered, PerformanceEvent};
pub use training::{TrainingEvent, TrainingStatus};
pub use version::RECORD_VERSION;
