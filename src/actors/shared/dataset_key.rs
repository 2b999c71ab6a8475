//! The key of a data set, from a Kafka record or from the store.

use crate::forecast::{IDENTIFIER_RULE, is_identifier};
use crate::kafka::{TrainingClaim, TrainingEvent};
use crate::storage::DatasetKey;

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
        }
        // the identifier comes from outside, and becomes a part of object keys
        if !is_identifier(identifier) {
            return Err(format!("field `identifier` is {identifier:?}; it must be {IDENTIFIER_RULE}"));
        }
        Ok(Self { identifier: identifier.into(), config_hash: config_hash.into(), dataset_id: dataset_id.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_for_a_series_that_would_be_another_path_is_refused() {
        let of = |identifier: &str| {
            let claim = json!({"bucket": "processed-data", "object": "train.parquet", "config_hash": "c",
                "dataset_id": "d", "identifier": identifier});
            DatasetKey::of_claim(&serde_json::from_value(claim).expect("a claim of the right form"))
        };
        assert_eq!(of("p.5").map(|key| key.identifier), Ok("p.5".into()));
        for other in ["../other", "a/b", "history", "..", " "] {
            let refused = of(other).expect_err("it is no identifier");
            assert!(refused.contains("`identifier`") && refused.contains("1 to 64 letters"), "{refused}");
        }
    }
}
