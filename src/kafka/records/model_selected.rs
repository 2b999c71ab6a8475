//! Hints of `model-selected`: a promotion happened.

use serde::Deserialize;

use super::error::RecordError;
use super::fields::{check_identifier, check_key_part};
use super::identifier::{default_identifier, named_identifier};
use super::json::parse;

/// A hint that a promotion happened: the fields of the pointer on `model-selected` that a reader needs.
///
/// The pointer in the object store is the truth; the hint says that a reader should look at it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "HintFields")]
pub struct ModelSelected {
    /// The series; `default` where the record names none.
    pub identifier: String,
    /// The run that is served now.
    pub run_id: String,
    /// The generation of the pointer; none in records of the original.
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

impl TryFrom<HintFields> for ModelSelected {
    type Error = String;

    fn try_from(fields: HintFields) -> Result<Self, String> {
        let identifier = fields.identifier.and_then(named_identifier).unwrap_or_else(default_identifier);
        check_identifier("identifier", &identifier)?;
        check_key_part("run_id", &fields.run_id)?;
        Ok(Self { identifier, run_id: fields.run_id, generation: fields.generation })
    }
}
