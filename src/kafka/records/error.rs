//! Why a record cannot be read.

use super::version::RECORD_VERSION;

/// Why the payload of a record is not the expected record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The payload is empty.
    #[error("the record is empty; send a json object")]
    Empty,
    /// The record has a version that this program does not know.
    #[error(
        "the record is of version {0}, and this program reads version {RECORD_VERSION}; upgrade it, or send that version"
    )]
    UnknownVersion(i64),
    /// The payload is not such a record; the text names the field or the position.
    #[error("the record is not usable: {0}")]
    Invalid(String),
}
