//! Dead letters: the record that could not be worked on, with the reason and where it came from.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, RECORD_VERSION, TRAINING_DATA};
use crate::transport::delivery::Record;

/// A record of `DLQ-<topic>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DlqEnvelope {
    /// The work that failed.
    pub operation: String,
    /// Always `Failure`.
    pub status: String,
    /// The last cause.
    pub error: String,
    /// The record: its JSON, else its bytes as text.
    pub payload: Value,
    /// Seconds since 1970; missing in some of the original's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<f64>,
    /// The cause of every rejection, oldest first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// How often it was rejected.
    #[serde(default)]
    pub count: usize,
    /// Where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Version of the record.
    #[serde(default = "super::version")]
    pub v: u32,
}

/// Where a dead record was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The key as text, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl DlqEnvelope {
    /// The envelope of work that failed without a record behind it.
    pub fn new(operation: &str, error: &str, payload: Value) -> Self {
        let age = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            operation: operation.into(),
            status: "Failure".into(),
            error: error.into(),
            payload,
            timestamp: Some(age.unwrap_or_default().as_secs_f64()),
            causes: vec![error.into()],
            count: 1,
            origin: None,
            v: RECORD_VERSION,
        }
    }

    /// The envelope of a record rejected for `causes`, oldest first.
    pub fn of(record: &Record, causes: Vec<String>) -> Self {
        let text = || Value::String(String::from_utf8_lossy(&record.payload).into_owned());
        let payload = serde_json::from_slice(&record.payload).unwrap_or_else(|_| text());
        let last = causes.last().cloned().unwrap_or_default();
        let key = record.key.as_deref();
        Self {
            count: causes.len(),
            causes,
            origin: Some(Origin {
                topic: record.topic.clone(),
                partition: record.partition,
                offset: record.offset,
                key: key.map(|key| String::from_utf8_lossy(key).into_owned()),
            }),
            ..Self::new(operation_of(&record.topic), &last, payload)
        }
    }

    /// The topic for the dead letters of `source`, a topic or a job.
    pub fn topic(source: &str) -> String {
        format!("DLQ-{source}")
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        super::to_json(self)
    }
}

/// The original's word for the work that a topic feeds.
fn operation_of(topic: &str) -> &str {
    match topic {
        TRAINING_DATA => "train",
        INFERENCE_DATA => "Data Fetch/Inference",
        MODEL_TRAINING => "promotion",
        MODEL_SELECTED => "Promotion Load",
        _ => "consume",
    }
}
