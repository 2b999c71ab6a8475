//! What travels on the topics: claims, events, hints and dead letters, as JSON.
//!
//! Unknown fields are ignored; a missing field that cannot be done without is named in the error.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A new data set for the trainers.
pub const TRAINING_DATA: &str = "training-data";
/// Rows to forecast from.
pub const INFERENCE_DATA: &str = "inference-data";
/// How trainings go.
pub const MODEL_TRAINING: &str = "model-training";
/// What was promoted.
pub const MODEL_SELECTED: &str = "model-selected";
/// What batch inference answered.
pub const PERFORMANCE_EVAL: &str = "performance-eval";

/// Group of the evaluators.
pub const EVALUATOR_GROUP: &str = "eval-promoter";
/// Group of batch inference.
pub const INFERENCE_GROUP: &str = "batch-forecasting-v2";

/// Version of the records, `"v"` in each.
pub const RECORD_VERSION: u32 = 1;

/// The group that shares the claims for one model family: `train-<family>`, and `nonml-prophet` for PROPHET.
pub fn trainer_group(model_type: &str) -> String {
    match model_type {
        "PROPHET" => "nonml-prophet".into(),
        other => format!("train-{}", other.to_ascii_lowercase()),
    }
}

/// Why the bytes of a record are not the record expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// There are no bytes.
    #[error("the record is empty; send a json object")]
    Empty,
    /// It is of a version that this program does not know.
    #[error(
        "the record is of version {0}, and this program reads version {RECORD_VERSION}; upgrade it, or send that version"
    )]
    UnknownVersion(i64),
    /// The bytes are no such record; the text names the field or the place.
    #[error("the record is not usable: {0}")]
    Invalid(String),
}

/// Reads a record of the type expected on its topic.
pub fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, RecordError> {
    if payload.is_empty() {
        return Err(RecordError::Empty);
    }
    // before the rest, whose fields another version may have changed
    if let Ok(Versioned { v }) = serde_json::from_slice(payload)
        && v != i64::from(RECORD_VERSION)
    {
        return Err(RecordError::UnknownVersion(v));
    }
    serde_json::from_slice(payload).map_err(|error| RecordError::Invalid(error.to_string()))
}

/// What every record has, also one of a version to come.
#[derive(Deserialize)]
struct Versioned {
    v: i64,
}

/// The bytes of a record.
pub fn to_json<T: Serialize>(record: &T) -> Vec<u8> {
    serde_json::to_vec(record).expect("invariant: records have string keys and no failing serializer")
}

/// The hint that a promotion happened: what a reader of `model-selected` needs, out of the pointer sent there.
///
/// The pointer in the object store is the truth; the hint only says that it is worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "HintFields")]
pub struct ModelSelected {
    /// The series; `default` where the record names none.
    pub identifier: String,
    /// The run now served.
    pub run_id: String,
    /// The generation that it has, where the publisher counts them.
    pub generation: Option<u64>,
}

impl ModelSelected {
    /// Reads a record of `model-selected`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }
}

#[derive(Deserialize)]
struct HintFields {
    identifier: Option<String>,
    run_id: String,
    generation: Option<u64>,
}

impl From<HintFields> for ModelSelected {
    fn from(fields: HintFields) -> Self {
        Self {
            identifier: identifier_or_default(fields.identifier),
            run_id: fields.run_id,
            generation: fields.generation,
        }
    }
}

/// The series of a record: none, an empty one and `global` mean `default`.
pub fn identifier_or_default(identifier: Option<String>) -> String {
    let named = identifier.filter(|name| !name.is_empty() && name != "global");
    named.unwrap_or_else(|| "default".into())
}

pub fn version() -> u32 {
    RECORD_VERSION
}
