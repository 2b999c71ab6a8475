//! Events of `performance-eval`: what batch inference answered to a claim.

use serde::{Deserialize, Serialize};

use super::json::{RECORD_VERSION, RecordError, parse, to_json};

/// The operation of these events.
const OPERATION: &str = "Inference";

/// How a claim was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AnswerStatus {
    /// With a forecast.
    Success,
    /// Not at all: its deadline had passed.
    Expired,
}

/// The answer to one claim. A claim that is delivered twice has two of the same `claim_id`; readers drop the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformanceEvent {
    /// Always `Inference`.
    pub operation: String,
    /// How.
    pub status: AnswerStatus,
    /// The series.
    pub identifier: String,
    /// The claim's `event_id`, else where it was read: `<topic>/<partition>/<offset>`.
    pub claim_id: String,
    /// The forecast; none where the claim had expired.
    #[serde(flatten)]
    pub answer: Option<Answered>,
    /// Version of the record.
    #[serde(default = "super::json::version")]
    pub v: u32,
}

/// What was forecast, by which model, and where it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The bucket of the log.
    pub log_bucket: String,
    /// The segment that holds the claim's line.
    pub log_object_key: String,
    /// The run that made the model.
    pub run_id: String,
    /// Its family.
    pub model_type: String,
    /// How its data was prepared.
    pub config_hash: String,
    /// Which promotion it was.
    pub generation: u64,
    /// Rows of the forecast.
    pub rows: u64,
    /// SHA-256 of the forecast as canonical JSON; the same for every answer of this generation to this claim.
    pub prediction_sha256: String,
    /// SHA-256 of the object that the claim names.
    pub data_sha256: String,
    /// Mean absolute error of the replay in the columns' own units; none where the rows allow no replay.
    #[serde(default)]
    pub mae: Option<f64>,
    /// Root of its mean squared error.
    #[serde(default)]
    pub rmse: Option<f64>,
    /// Forecasts that were replayed.
    #[serde(default)]
    pub replay_origins: u64,
    /// Measured values that they were compared with.
    #[serde(default)]
    pub replay_points: u64,
}

impl PerformanceEvent {
    /// The answer to a claim; without a forecast it says that the claim had expired.
    pub fn of(identifier: &str, claim_id: &str, answer: Option<Answered>) -> Self {
        let status = if answer.is_some() { AnswerStatus::Success } else { AnswerStatus::Expired };
        Self {
            operation: OPERATION.into(),
            status,
            identifier: identifier.into(),
            claim_id: claim_id.into(),
            answer,
            v: RECORD_VERSION,
        }
    }

    /// Reads a record of `performance-eval`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }
}
