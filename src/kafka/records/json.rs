//! Records as JSON. Unknown fields are ignored; a missing field that is needed is named in the error.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::version::RECORD_VERSION;

/// Reads the record of a topic.
pub(super) fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, RecordError> {
    if payload.is_empty() {
        return Err(RecordError::Empty);
    }
    // first, because another version may have other fields
    if let Ok(Versioned { v }) = serde_json::from_slice(payload)
        && v != i64::from(RECORD_VERSION)
    {
        return Err(RecordError::UnknownVersion(v));
    }
    serde_json::from_slice(payload).map_err(|error| RecordError::Invalid(error.to_string()))
}

/// The field that every record has, also in later versions.
#[derive(Deserialize)]
struct Versioned {
    v: i64,
}

/// The bytes of a record.
pub(super) fn to_json<T: Serialize>(record: &T) -> Vec<u8> {
    serde_json::to_vec(record).expect("invariant: records have string keys and no failing serializer")
}
