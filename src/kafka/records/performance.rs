//! Events of `performance-eval`: what batch inference answered to a claim.

use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::fields::{check_identifier, check_key, check_key_part, check_sha256, check_word};
use super::json::{parse, to_json};
use super::version::{RECORD_VERSION, default_version};

/// The `operation` of these events.
const OPERATION: &str = "Inference";

/// How a claim was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AnswerStatus {
    /// The claim was answered with a forecast.
    Success,
    /// The claim got no forecast, because its deadline had passed.
    Expired,
}

/// The answer to one claim. A claim that is delivered twice gets two events of the same `claim_id`; readers drop the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformanceEvent {
    /// Always `Inference`.
    pub operation: String,
    /// How the claim was answered.
    pub status: AnswerStatus,
    /// The series whose model answered.
    pub identifier: String,
    /// The claim's `event_id`, or else `<topic>/<partition>/<offset>` of its record.
    pub claim_id: String,
    /// The forecast; none for an expired claim.
    #[serde(flatten)]
    pub answer: Option<Answered>,
    /// Version of the record.
    #[serde(default = "default_version")]
    pub v: u32,
}

/// A forecast: where it is logged, which model made it, and how well the model forecast the claim's own rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The bucket of the log.
    pub log_bucket: String,
    /// The key of the log segment that holds the claim's line.
    pub log_object_key: String,
    /// The run that made the model.
    pub run_id: String,
    /// The model family.
    pub model_type: String,
    /// Hash of the model's preprocessing configuration.
    pub config_hash: String,
    /// The generation of the promotion pointer.
    pub generation: u64,
    /// Whether a naive method made the forecast, because no model beats the naive methods; left out where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Whether the model was promoted before all expected families were judged; left out where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Number of rows of the forecast.
    pub rows: u64,
    /// SHA-256 of the forecast as canonical JSON; the same for every answer of this generation to this claim.
    pub prediction_sha256: String,
    /// SHA-256 of the object that the claim names.
    pub data_sha256: String,
    /// Mean absolute error of the backtest on the claim's rows, in the columns' own units; none if the rows are too few.
    #[serde(default)]
    pub mae: Option<f64>,
    /// Root mean squared error of the backtest.
    #[serde(default)]
    pub rmse: Option<f64>,
    /// Number of forecasts in the backtest.
    #[serde(default)]
    pub replay_origins: u64,
    /// Number of measured values that they were compared with.
    #[serde(default)]
    pub replay_points: u64,
}

impl PerformanceEvent {
    /// The event of an answered claim; without an answer the claim had expired.
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
        let event: Self = parse(payload)?;
        event.check().map_err(RecordError::Invalid)?;
        Ok(event)
    }

    fn check(&self) -> Result<(), String> {
        check_word("operation", &self.operation)?;
        check_identifier("identifier", &self.identifier)?;
        check_key("claim_id", &self.claim_id)?;
        let Some(answer) = &self.answer else {
            return match self.status {
                AnswerStatus::Success => Err("the fields of the forecast are missing, or one has another type".into()),
                AnswerStatus::Expired => Ok(()),
            };
        };
        check_key_part("log_bucket", &answer.log_bucket)?;
        check_key("log_object_key", &answer.log_object_key)?;
        check_key_part("run_id", &answer.run_id)?;
        check_key_part("model_type", &answer.model_type)?;
        check_key_part("config_hash", &answer.config_hash)?;
        check_sha256("prediction_sha256", &answer.prediction_sha256)?;
        check_sha256("data_sha256", &answer.data_sha256)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }
}
