//! Events of `model-training`: how trainings go.

use serde::{Deserialize, Serialize};

use crate::limits::RECORD_ERROR;

use super::error::RecordError;
use super::fields::{check_error, check_identifier, check_key, check_key_part, check_optional, check_word};
use super::identifier::{default_identifier, named_identifier};
use super::json::{parse, to_json};
use super::version::default_version;

/// The status of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TrainingStatus {
    /// The training has begun.
    Running,
    /// The training is finished, and its artifact and record are stored.
    Success,
    /// The training failed for good: no model will come of it.
    Failed,
}

/// An event of `model-training`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventFields")]
pub struct TrainingEvent {
    /// What happened, in words: `Trained: GRU`.
    pub operation: String,
    /// The status of the training.
    pub status: TrainingStatus,
    /// The experiment that the run belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// The model family, in the field of the original.
    pub run_name: String,
    /// The model family in capitals; it may be one that this program does not know.
    pub model_type: String,
    /// Hash of the preprocessing configuration; empty if the event names none.
    pub config_hash: String,
    /// The run; always present on success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The series; `default` if the event names none.
    pub identifier: String,
    /// The data set; empty in events of the original, which knows none.
    pub dataset_id: String,
    /// Hash of the training settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_hash: Option<String>,
    /// Why the training failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// True when no further event about this training comes.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Version of the record.
    pub v: u32,
    /// The same for every publication of the same event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

impl TrainingEvent {
    /// Reads a record of `model-training`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// The key of the record: the original sends one on success only.
    pub fn key(&self) -> Option<String> {
        let success = self.status == TrainingStatus::Success;
        success.then(|| format!("trained-{}", self.model_type))
    }
}

/// The fields of an event as they are in the record.
#[derive(Deserialize)]
struct EventFields {
    operation: Option<String>,
    status: TrainingStatus,
    experiment: Option<String>,
    run_name: Option<String>,
    model_type: Option<String>,
    config_hash: Option<String>,
    run_id: Option<String>,
    identifier: Option<String>,
    dataset_id: Option<String>,
    train_hash: Option<String>,
    error: Option<String>,
    #[serde(rename = "final")]
    is_final: Option<bool>,
    #[serde(default = "default_version")]
    v: u32,
    event_id: Option<String>,
}

impl TryFrom<EventFields> for TrainingEvent {
    type Error = String;

    fn try_from(fields: EventFields) -> Result<Self, String> {
        let operation = fields.operation.unwrap_or_default();
        let from_operation = operation.split_once(": ").map(|(_, family)| family.to_string());
        let model_type = fields.model_type.or(from_operation).or_else(|| fields.run_name.clone());
        let model_type = model_type.ok_or("missing field `model_type` (or `run_name`)")?;
        if fields.status == TrainingStatus::Success && fields.run_id.is_none() {
            return Err("missing field `run_id`, which a SUCCESS event must have".into());
        }
        let identifier = fields.identifier.and_then(named_identifier).unwrap_or_else(default_identifier);
        check_word("operation", &operation)?;
        check_optional("experiment", fields.experiment.as_deref(), check_word)?;
        check_optional("run_name", fields.run_name.as_deref(), check_word)?;
        check_key_part("model_type", &model_type)?;
        check_optional("config_hash", fields.config_hash.as_deref(), check_key_part)?;
        check_optional("run_id", fields.run_id.as_deref(), check_key_part)?;
        check_identifier("identifier", &identifier)?;
        check_optional("dataset_id", fields.dataset_id.as_deref(), check_key_part)?;
        check_optional("train_hash", fields.train_hash.as_deref(), check_key_part)?;
        check_error("error", fields.error.as_deref().unwrap_or_default(), RECORD_ERROR)?;
        check_optional("event_id", fields.event_id.as_deref(), check_key)?;
        let ends = fields.status != TrainingStatus::Running;
        Ok(Self {
            operation,
            status: fields.status,
            experiment: fields.experiment,
            run_name: fields.run_name.unwrap_or_else(|| model_type.clone()),
            model_type: model_type.to_ascii_uppercase(),
            config_hash: fields.config_hash.unwrap_or_default(),
            run_id: fields.run_id,
            identifier,
            dataset_id: fields.dataset_id.unwrap_or_default(),
            train_hash: fields.train_hash,
            error: fields.error,
            is_final: fields.is_final.unwrap_or(ends),
            v: fields.v,
            event_id: fields.event_id,
        })
    }
}
