//! The search for what a crash or a lost topic left undone. Objects are the truth: whatever lies between two
//! of them can be found again.

use std::collections::BTreeMap;

use crate::forecast::Family;
use crate::storage::{Dataset, DatasetRecord, StorageError};

use super::claims::DatasetKey;
use super::messages::Train;
use super::services::Services;
use super::training::Recipe;

/// The newest data set of each identifier; what it replaced needs no models any more.
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

/// Families without a finished or failed run on the newest data sets, as work for the trainer.
pub async fn untrained(services: &Services, families: &[Family], recipe: &Recipe) -> Result<Vec<Train>, StorageError> {
    let mut work = Vec::new();
    for record in newest_datasets(services).await? {
        for &family in families {
            let hash = recipe.train_hash(family, &record);
            if services.runs.find(&record.identifier, &record.dataset_id, family, &hash).await?.is_none() {
                work.push(Train { dataset: DatasetKey::of_record(&record), family, delivery: None });
            }
        }
    }
    Ok(work)
}

/// The data set of a key, its bytes checked against their hashes.
pub async fn load(services: &Services, key: &DatasetKey) -> Result<Dataset, StorageError> {
    let DatasetKey { identifier, config_hash, dataset_id } = key;
    let record = services.datasets.find(identifier, config_hash, dataset_id).await?;
    let record =
        record.ok_or_else(|| StorageError::Missing(format!("data set {dataset_id} of identifier `{identifier}`")))?;
    services.datasets.load(&record).await
}
