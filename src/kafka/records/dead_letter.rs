//! Dead letters: the record that could not be worked on, with the reason and where it came from.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::kafka::consumer::Record;

use super::json::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, RECORD_VERSION, TRAINING_DATA, to_json};

/// Bytes of a payload that an envelope holds at most, so that no broker finds it too large.
pub(crate) const PAYLOAD_MAX_BYTES: usize = 256 * 1024;
/// Bytes of a key, and of each cause, that an envelope holds at most.
const TEXT_MAX_BYTES: usize = 4 * 1024;

/// A record of `DLQ-<topic>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DlqEnvelope {
    /// The work that failed.
    pub operation: String,
    /// Always `Failure`.
    pub status: String,
    /// The last cause.
    pub error: String,
    /// The record: its JSON, else its bytes as text, else in base64; null for a tombstone. No more than fits in.
    pub payload: Value,
    /// How `payload` holds the record: `json`, `text`, `base64`, or `none` for a tombstone.
    #[serde(default = "json_encoding")]
    pub payload_encoding: String,
    /// The whole record, where `payload` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<Truncated>,
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
    #[serde(default = "super::json::version")]
    pub v: u32,
}

/// What a record was that an envelope could not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truncated {
    /// Its bytes.
    pub size: usize,
    /// SHA-256 of them, hex.
    pub sha256: String,
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
            payload_encoding: JSON.into(),
            truncated: None,
            timestamp: Some(age.unwrap_or_default().as_secs_f64()),
            causes: vec![error.into()],
            count: 1,
            origin: None,
            v: RECORD_VERSION,
        }
    }

    /// The envelope of a record rejected for `causes`, oldest first, with at most `limit` bytes of its payload.
    pub(crate) fn of(record: &Record, causes: Vec<String>, limit: usize) -> Self {
        let causes: Vec<String> = causes.iter().map(|cause| beginning(cause, TEXT_MAX_BYTES).to_owned()).collect();
        let last = causes.last().cloned().unwrap_or_default();
        let (payload, encoding, whole) = fitting(record, limit);
        let truncated = (!whole)
            .then(|| Truncated { size: record.payload.len(), sha256: hex::encode(Sha256::digest(&record.payload)) });
        let key = record.key.as_deref().map(String::from_utf8_lossy);
        Self {
            count: causes.len(),
            causes,
            payload_encoding: encoding.into(),
            truncated,
            origin: Some(Origin {
                topic: record.topic.to_string(),
                partition: record.partition,
                offset: record.offset,
                key: key.map(|key| beginning(&key, TEXT_MAX_BYTES).to_owned()),
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
        to_json(self)
    }
}

const JSON: &str = "json";

fn json_encoding() -> String {
    JSON.into()
}

/// The payload as an envelope can hold it, how it holds it, and whether that is all of it.
fn fitting(record: &Record, limit: usize) -> (Value, &'static str, bool) {
    let bytes = &record.payload[..];
    if record.tombstone {
        return (Value::Null, "none", true);
    }
    if bytes.len() <= limit
        && let Ok(json) = serde_json::from_slice(bytes)
    {
        return (json, JSON, true);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let kept = beginning(text, limit);
            (kept.into(), "text", kept.len() == text.len())
        }
        Err(_) => {
            let kept = &bytes[..bytes.len().min(limit / 4 * 3)];
            let encoded = base64_simd::STANDARD.encode_to_string(kept);
            (encoded.into(), "base64", kept.len() == bytes.len())
        }
    }
}

/// The beginning of a text that takes at most so many bytes as a JSON string.
fn beginning(text: &str, limit: usize) -> &str {
    let mut room = limit;
    for (at, letter) in text.char_indices() {
        let bytes = match letter {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            letter if letter < ' ' => 6,
            letter => letter.len_utf8(),
        };
        match room.checked_sub(bytes) {
            Some(left) => room = left,
            None => return &text[..at],
        }
    }
    text
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
