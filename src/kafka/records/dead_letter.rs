//! Dead letters: records that were rejected for the last time, with the causes and where they came from.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::kafka::names::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, RETRY_INFERENCE_DATA, TRAINING_DATA};
use crate::kafka::record::Record;

use super::dead_letter_size::DeadLetterSize;
use super::json::to_json;
use super::version::{RECORD_VERSION, default_version};

/// A record of `DLQ-<topic>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DlqEnvelope {
    /// The operation that failed, in the original's words.
    pub operation: String,
    /// Always `Failure`.
    pub status: String,
    /// The cause of the last rejection.
    pub error: String,
    /// The payload of the record: as JSON, or else as text, or else in base64; null for a tombstone. A long one is cut off.
    pub payload: Value,
    /// How `payload` holds the record: `json`, `text`, `base64`, or `none` for a tombstone.
    #[serde(default = "json_encoding")]
    pub payload_encoding: String,
    /// What was cut off; none if `payload` is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<Truncated>,
    /// When it was sent, in seconds since 1970; none in some records of the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<f64>,
    /// The cause of every rejection, oldest first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The number of rejections.
    #[serde(default)]
    pub count: usize,
    /// Where the record was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Version of the record.
    #[serde(default = "default_version")]
    pub v: u32,
}

/// The size and hash of a payload that is longer than an envelope holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truncated {
    /// Size of the payload in bytes.
    pub size: usize,
    /// SHA-256 of the payload, hex.
    pub sha256: String,
}

/// Where a dead record was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The topic of the record.
    pub topic: String,
    /// The partition of the record.
    pub partition: i32,
    /// The offset of the record.
    pub offset: i64,
    /// The key of the record as text; none if it has no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl DlqEnvelope {
    /// The envelope of an operation that failed and was not caused by a record.
    pub fn new(operation: &str, error: &str, payload: Value) -> Self {
        let error = beginning(error, DeadLetterSize::FULL.payload_bytes_max);
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

    /// The envelope of a record that was rejected for `causes`, oldest first; it holds no more of it than `size` says.
    pub(crate) fn of(record: &Record, causes: &[String], size: DeadLetterSize) -> Self {
        let cut = |text: &str| beginning(text, size.text_bytes_max).to_owned();
        let causes: Vec<String> = causes.iter().map(|cause| cut(cause)).collect();
        let last = causes.last().cloned().unwrap_or_default();
        let (payload, encoding, whole) = payload_of(record, size.payload_bytes_max);
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
                key: key.map(|key| cut(&key)),
            }),
            ..Self::new(operation_of(&record.topic), &last, payload)
        }
    }

    /// The dead-letter topic of `source`, which is a topic or an operation. A topic of records that wait for another attempt shares
    /// that of the topic they come from.
    pub fn topic(source: &str) -> String {
        format!("DLQ-{}", source.strip_prefix("RETRY-").unwrap_or(source))
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

/// The payload as an envelope holds it, the encoding, and whether it is complete.
fn payload_of(record: &Record, bytes_max: usize) -> (Value, &'static str, bool) {
    let bytes = &record.payload[..];
    if record.tombstone {
        return (Value::Null, "none", true);
    }
    if bytes.len() <= bytes_max
        && let Ok(json) = serde_json::from_slice::<Value>(bytes)
        // numbers may be longer as they are written again
        && serde_json::to_vec(&json).is_ok_and(|written| written.len() <= bytes_max)
    {
        return (json, JSON, true);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let kept = beginning(text, bytes_max);
            (kept.into(), "text", kept.len() == text.len())
        }
        Err(_) => {
            let kept = &bytes[..bytes.len().min(bytes_max / 4 * 3)];
            let encoded = base64_simd::STANDARD.encode_to_string(kept);
            (encoded.into(), "base64", kept.len() == bytes.len())
        }
    }
}

/// The longest beginning of a text that has at most `bytes_max` bytes as a JSON string.
fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut room = bytes_max;
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

/// The original's name for the work on the records of a topic.
fn operation_of(topic: &str) -> &str {
    match topic {
        TRAINING_DATA => "train",
        INFERENCE_DATA | RETRY_INFERENCE_DATA => "Data Fetch/Inference",
        MODEL_TRAINING => "promotion",
        MODEL_SELECTED => "Promotion Load",
        _ => "consume",
    }
}
