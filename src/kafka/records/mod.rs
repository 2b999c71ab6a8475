//! The JSON records of the topics.
//!
//! * `claim`: claims of `training-data` and `inference-data`
//! * `dead_letter`: envelopes of `DLQ-<topic>`
//! * `dead_letter_record`: a dead letter as it is sent, cut to what a broker takes
//! * `dead_letter_size`: how much of a record a dead letter holds
//! * `error`: why a record cannot be read
//! * `fields`: checks of the fields
//! * `identifier`: the series that a record is about
//! * `json`: records from and to JSON
//! * `model_selected`: hints of `model-selected`
//! * `performance`: events of `performance-eval`
//! * `training`: events of `model-training`
//! * `version`: the version of the records

mod claim;
mod dead_letter;
mod dead_letter_record;
mod dead_letter_size;
mod error;
mod fields;
mod identifier;
mod json;
mod model_selected;
mod performance;
mod training;
mod version;

pub use claim::{DataClaim, INFERENCE_OPERATION, InferenceClaim, TrainingClaim};
pub use dead_letter::{DlqEnvelope, Origin, Truncated};
pub(super) use dead_letter_record::DeadLetterRecord;
pub(super) use dead_letter_size::DeadLetterSize;
pub use error::RecordError;
pub use model_selected::ModelSelected;
pub use performance::{AnswerStatus, Answered, PerformanceEvent};
pub use training::{TrainingEvent, TrainingStatus};
pub use version::RECORD_VERSION;
