//! The key of a data set, from a Kafka record; and the data set of a key.

use crate::forecast::is_sha256_hex;
use crate::kafka::{TrainingClaim, TrainingEvent};
use crate::storage::{DatasetKey, DatasetRecord, StorageError};

use super::services::Services;

impl DatasetKey {
    /// The data set of a claim for trainers. Claims of the original program name no data set, and are refused.
    pub fn of_claim(claim: &TrainingClaim) -> Result<Self, String> {
        if !claim.is_for_training() {
            return Err(format!("operation `{}` is not for trainers", claim.operation.as_deref().unwrap_or_default()));
        }
        Self::complete(claim.series(), &claim.config_hash, &claim.dataset_id)
    }

    /// The data set of a training event.
    pub fn of_event(event: &TrainingEvent) -> Result<Self, String> {
        Self::complete(&event.identifier, &event.config_hash, &event.dataset_id)
    }

    fn complete(identifier: &str, config_hash: &str, dataset_id: &str) -> Result<Self, String> {
        for (field, value) in [("config_hash", config_hash), ("dataset_id", dataset_id)] {
            if value.is_empty() {
                return Err(format!("field `{field}` is missing; publish the data set with this version"));
            }
            if !is_sha256_hex(value) {
                return Err(format!("field `{field}` must be 64 lower-case hex digits; publish the data set again"));
            }
        }
        // the identifier was checked when the record was read
        Ok(Self { identifier: identifier.into(), config_hash: config_hash.into(), dataset_id: dataset_id.into() })
    }
}

/// The record of a data set; one that is not in the store is an error.
pub async fn dataset_record(services: &Services, key: &DatasetKey) -> Result<DatasetRecord, StorageError> {
    let DatasetKey { identifier, dataset_id, .. } = key;
    let record = services.datasets.find(key).await?;
    record.ok_or_else(|| StorageError::Missing(format!("data set {dataset_id} of identifier `{identifier}`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// As a record is read, and then its claim.
    fn key_of(claim: Value) -> Result<DatasetKey, String> {
        let claim = serde_json::from_value(claim).map_err(|error| error.to_string())?;
        DatasetKey::of_claim(&claim)
    }

    #[test]
    fn a_claim_whose_hashes_would_be_another_path_is_refused() {
        for (field, wrong) in [("config_hash", "../../other"), ("dataset_id", "D"), ("dataset_id", &*"D".repeat(64))] {
            let mut claim = json!({"bucket": "processed-data", "object": "train.parquet", "identifier": "default",
                "config_hash": "c".repeat(64), "dataset_id": "d".repeat(64)});
            claim[field] = wrong.into();
            let refused = key_of(claim).expect_err("it is no hash");
            let says = if wrong.contains('/') { "may have letters" } else { "64 lower-case hex" };
            assert!(refused.contains(field) && refused.contains(says), "{refused}");
        }
    }

    #[test]
    fn a_claim_for_a_series_that_would_be_another_path_is_refused() {
        let of = |identifier: &str| {
            let claim = json!({"bucket": "processed-data", "object": "train.parquet", "config_hash": "c".repeat(64),
                "dataset_id": "d".repeat(64), "identifier": identifier});
            key_of(claim)
        };
        assert_eq!(of("p.5").map(|key| key.identifier), Ok("p.5".into()));
        for other in ["../other", "a/b", "history", "..", " "] {
            let refused = of(other).expect_err("it is no identifier");
            assert!(refused.contains("`identifier`") && refused.contains("1 to 64 letters"), "{refused}");
        }
    }
}
