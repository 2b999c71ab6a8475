//! Claim checks: data travels through the object store, and only its place and hash travel through the topics.

use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::fields::{
    check_bucket, check_identifier, check_key, check_key_part, check_optional, check_sha256, check_word,
};
use super::identifier::{DEFAULT_IDENTIFIER, named_identifier};
use super::json::{parse, to_json};
use super::version::default_version;

/// The `operation` of claims for inference.
pub const INFERENCE_OPERATION: &str = "post: test data";
/// The `operation` of claims for training; a claim may also name none.
const TRAINING_OPERATION: &str = "post: train data";

/// What every claim says: which object holds the data, and what its bytes hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClaimFields")]
pub struct DataClaim {
    /// The bucket of the object.
    pub bucket: String,
    /// The key of the object; read from the field `object_key` too.
    pub object: String,
    /// Size of the object in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What the claim is for; none if the claim does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Version of the record.
    pub v: u32,
    /// Hash of the preprocessing configuration; empty if the claim names none.
    pub config_hash: String,
    /// The series that the claim names, if it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The data set; empty in claims of the original, which knows none.
    pub dataset_id: String,
    /// SHA-256 of the object's bytes, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of rows in the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The same for every publication of the same claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// A record of `training-data`: the claim of the train part of a data set.
pub type TrainingClaim = DataClaim;

/// A record of `inference-data`: the claim of the rows to forecast from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClaimFields")]
pub struct InferenceClaim {
    /// The claim; its object holds the rows.
    #[serde(flatten)]
    pub claim: DataClaim,
    /// `claim.object` again, under the name that the original's readers prefer.
    pub object_key: String,
}

impl DataClaim {
    /// Reads a record of `training-data`.
    pub fn parse(payload: &[u8]) -> Result<Self, RecordError> {
        parse(payload)
    }

    /// The bytes to send.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// The series that the claim is about: the one that it names, or else `default`.
    pub fn series(&self) -> &str {
        self.identifier.as_deref().unwrap_or(DEFAULT_IDENTIFIER)
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

/// The fields of a claim as they are in the record.
#[derive(Deserialize)]
struct ClaimFields {
    bucket: String,
    object: Option<String>,
    object_key: Option<String>,
    size: Option<u64>,
    operation: Option<String>,
    #[serde(default = "default_version")]
    v: u32,
    config_hash: Option<String>,
    identifier: Option<String>,
    dataset_id: Option<String>,
    sha256: Option<String>,
    rows: Option<u64>,
    event_id: Option<String>,
}

impl TryFrom<ClaimFields> for DataClaim {
    type Error = String;

    fn try_from(fields: ClaimFields) -> Result<Self, String> {
        let object = match (fields.object, fields.object_key) {
            (Some(object), Some(key)) if object != key => {
                return Err("`object` and `object_key` name different objects".into());
            }
            (object, key) => object.or(key).ok_or("missing field `object` (or `object_key`)")?,
        };
        let identifier = fields.identifier.and_then(named_identifier);
        check_bucket("bucket", &fields.bucket)?;
        check_key("object", &object)?;
        check_optional("operation", fields.operation.as_deref(), check_word)?;
        check_optional("config_hash", fields.config_hash.as_deref(), check_key_part)?;
        check_optional("identifier", identifier.as_deref(), check_identifier)?;
        check_optional("dataset_id", fields.dataset_id.as_deref(), check_key_part)?;
        // other systems may write it in upper case
        let sha256 = fields.sha256.map(|sha256| sha256.to_ascii_lowercase());
        check_optional("sha256", sha256.as_deref(), check_sha256)?;
        check_optional("event_id", fields.event_id.as_deref(), check_key)?;
        Ok(Self {
            bucket: fields.bucket,
            object,
            size: fields.size,
            operation: fields.operation,
            v: fields.v,
            config_hash: fields.config_hash.unwrap_or_default(),
            identifier,
            dataset_id: fields.dataset_id.unwrap_or_default(),
            sha256,
            rows: fields.rows,
            event_id: fields.event_id,
        })
    }
}

impl TryFrom<ClaimFields> for InferenceClaim {
    type Error = String;

    fn try_from(fields: ClaimFields) -> Result<Self, String> {
        let claim = DataClaim::try_from(fields)?;
        let object_key = claim.object.clone();
        Ok(Self { claim, object_key })
    }
}
