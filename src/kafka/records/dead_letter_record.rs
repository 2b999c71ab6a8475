//! A dead letter as it is sent: the envelope, and key and headers of the dead record, each cut to what a broker takes. What was cut is said
//! in headers of the dead letter, whose names begin with `cut_`.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::kafka::record::Record;

use super::dead_letter::DlqEnvelope;
use super::dead_letter_size::DeadLetterSize;

/// What the name of a header of the record begins with in the dead letter: a deadline of the record is none of its dead letter.
const ORIGIN: &str = "origin_";
/// The size and the hash of a key of which the dead letter has only the beginning.
const KEY_SIZE: &str = "cut_key_size";
const KEY_SHA256: &str = "cut_key_sha256";
/// How many headers of the record the dead letter lacks, and the bytes of all its headers.
const HEADERS_LEFT_OUT: &str = "cut_headers";
const HEADERS_SIZE: &str = "cut_headers_size";
/// The size of a value of which the dead letter has only the beginning.
const VALUE_SIZE: &str = "cut_value_size";

/// A record of `DLQ-<topic>`.
#[derive(Debug)]
pub(crate) struct DeadLetterRecord {
    pub key: Option<Bytes>,
    pub headers: Vec<(String, Bytes)>,
    pub payload: Vec<u8>,
}

impl DeadLetterRecord {
    /// The dead letter of a record that was rejected for `causes`, oldest first.
    pub fn of(record: &Record, causes: &[String], size: DeadLetterSize) -> Self {
        let envelope = DlqEnvelope::of(record, causes, size);
        let mut cuts: Vec<(&str, String)> = Vec::new();
        let key = record.key.as_ref().map(|key| {
            if key.len() > size.text_bytes_max {
                cuts.push((KEY_SIZE, key.len().to_string()));
                cuts.push((KEY_SHA256, hex::encode(Sha256::digest(key))));
            }
            key.slice(..key.len().min(size.text_bytes_max))
        });
        let mut left = size.headers_bytes_max;
        let mut headers = Vec::new();
        for (name, value) in record.headers.iter() {
            if let Some(rest) = left.checked_sub(name.len() + value.len()) {
                left = rest;
                headers.push((format!("{ORIGIN}{name}"), value.clone()));
            }
        }
        let left_out = record.headers.len() - headers.len();
        if left_out > 0 {
            cuts.push((HEADERS_LEFT_OUT, left_out.to_string()));
            cuts.push((HEADERS_SIZE, record.headers_bytes().to_string()));
        }
        if let Some(truncated) = &envelope.truncated {
            cuts.push((VALUE_SIZE, truncated.size.to_string()));
        }
        headers.extend(cuts.into_iter().map(|(name, value)| (name.to_owned(), Bytes::from(value))));
        Self { key, headers, payload: envelope.to_json() }
    }
}
