//! Claim checks: data travels through the object store, and only its place and hash through the topics.

use serde::{Deserialize, Serialize};

use super::json::{RecordError, identifier_or_default, parse, to_json, version};

/// The operation of claims for inference.
pub const INFERENCE_OPERATION: &str = "post: test data";
/// The operation of claims for training, where they name one.
const TRAINING_OPERATION: &str = "post: train data";

/// A claim of `training-data`: where the train part of a data set is and what its bytes hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClaimFields")]
pub struct TrainingClaim {
    /// The bucket.
    pub bucket: String,
    /// The object; read from `object_key` too.
    pub object: String,
    /// Bytes of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What the claim is for, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Version of the record.
    pub v: u32,
    /// Hash of the preprocessing configuration; empty where the claim names none.
    pub config_hash: String,
    /// The series; `default` where the claim names none.
    pub identifier: String,
    /// The data set; empty in claims of the original, which knows none.
    pub dataset_id: String,
    /// SHA-256 of the object's bytes, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Rows in the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The same for every publication of the same claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// A claim of `inference-data`: where the rows to forecast from are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClaimFields")]
pub struct InferenceClaim {
    /// What every claim says; `object` holds the rows.
    #[serde(flatten)]
    pub claim: TrainingClaim,
    /// `object` again, under the name that the original's readers prefer.
    pub object_key: String,
}

impl TrainingClaim {
    /// Reads a record of `training-data`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Whether a trainer takes this claim: it names no operation, or that of training.
    pub fn is_for_training(&self) -> bool {
        let operation = self.operation.as_deref();
        operation.is_none_or(|operation| operation == TRAINING_OPERATION)
    }
}

impl InferenceClaim {
    /// Reads a record of `inference-data`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }
}

/// A claim as it stands in the record, before its object is settled.
#[derive(Deserialize)]
struct ClaimFields {
    bucket: String,
    object: Option<String>,
    object_key: Option<String>,
    size: Option<u64>,
    operation: Option<String>,
    #[serde(default = "version")]
    v: u32,
    config_hash: Option<String>,
    identifier: Option<String>,
    dataset_id: Option<String>,
    sha256: Option<String>,
    rows: Option<u64>,
    event_id: Option<String>,
}

impl TryFrom<ClaimFields> for TrainingClaim {
    type Error = String;

    fn try_from(fields: ClaimFields) -> Result<Self, String> {
        let object = match (fields.object, fields.object_key) {
            (Some(object), Some(key)) if object != key => {
                return Err("`object` and `object_key` name different objects".into());
            }
            (object, key) => object.or(key).ok_or("missing field `object` (or `object_key`)")?,
        };
        Ok(Self {
            bucket: fields.bucket,
            object,
            size: fields.size,
            operation: fields.operation,
            v: fields.v,
            config_hash: fields.config_hash.unwrap_or_default(),
            identifier: identifier_or_default(fields.identifier),
            dataset_id: fields.dataset_id.unwrap_or_default(),
            sha256: fields.sha256,
            rows: fields.rows,
            event_id: fields.event_id,
        })
    }
}

impl TryFrom<ClaimFields> for InferenceClaim {
    type Error = String;

    fn try_from(fields: ClaimFields) -> Result<Self, String> {
        let claim = TrainingClaim::try_from(fields)?;
        let object_key = claim.object.clone();
        Ok(Self { claim, object_key })
    }
}
