//! Data sets in the store: the newest of each series, and the one of a key.

use std::collections::BTreeMap;

use crate::storage::{DatasetKey, DatasetRecord, StorageError};

use super::services::Services;

/// The newest data set of each identifier: older ones need no models any more.
pub async fn newest_datasets(services: &Services) -> Result<Vec<DatasetRecord>, StorageError> {
    let mut newest: BTreeMap<String, DatasetRecord> = BTreeMap::new();
    for record in services.datasets.list().await? {
        match newest.get(&record.identifier) {
            Some(known) if known.created_at >= record.created_at => {}
            _ => {
                newest.insert(record.identifier.clone(), record);
            }
        }
    }
    Ok(newest.into_values().collect())
}

/// The record of a data set; one that is not in the store is an error.
pub async fn dataset_record(services: &Services, key: &DatasetKey) -> Result<DatasetRecord, StorageError> {
    let DatasetKey { identifier, dataset_id, .. } = key;
    let record = services.datasets.find(key).await?;
    record.ok_or_else(|| StorageError::Missing(format!("data set {dataset_id} of identifier `{identifier}`")))
}
