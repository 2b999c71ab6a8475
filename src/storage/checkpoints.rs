//! Where unfinished trainings stand: one object a training, overwritten in place, and gone once its run is recorded.
//!
//! It is a help and no record: a training begins anew without it. So nothing here takes long, and nothing fails for it.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use crate::forecast::{Family, Lineage};

use super::buckets::MLFLOW_BUCKET;
use super::objects::{Condition, Object, ObjectError, ObjectStore};

const FOLDER: &str = "checkpoints/";

/// The checkpoints of a store.
#[derive(Clone)]
pub struct Checkpoints {
    objects: ObjectStore,
}

/// Why a checkpoint was not kept, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The store is away, or refused.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The store took too long.
    #[error("the object store did not answer within {} ms", .0.as_millis())]
    Late(Duration),
}

impl Checkpoints {
    /// The checkpoints behind this client.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// What the last attempt at this training left.
    pub async fn load(
        &self,
        family: Family,
        lineage: &Lineage,
        within: Duration,
    ) -> Result<Option<Object>, CheckpointError> {
        let key = key(family, lineage);
        in_time(within, self.objects.get(MLFLOW_BUCKET, &key)).await
    }

    /// Keeps where this training stands, in place of what was there.
    pub async fn save(
        &self,
        family: Family,
        lineage: &Lineage,
        checkpoint: Bytes,
        within: Duration,
    ) -> Result<(), CheckpointError> {
        let key = key(family, lineage);
        in_time(within, self.objects.put(MLFLOW_BUCKET, &key, checkpoint, Condition::Always)).await?;
        fail::fail_point!("checkpoint-stored");
        Ok(())
    }

    /// Removes what was kept; there need not be anything.
    pub async fn remove(&self, family: Family, lineage: &Lineage, within: Duration) -> Result<(), CheckpointError> {
        let key = key(family, lineage);
        in_time(within, self.objects.delete(MLFLOW_BUCKET, &key)).await?;
        fail::fail_point!("checkpoint-removed");
        Ok(())
    }

    /// Whose trainings left one.
    pub async fn list(&self) -> Result<Vec<(Family, Lineage)>, ObjectError> {
        let entries = self.objects.list(MLFLOW_BUCKET, FOLDER).await?;
        Ok(entries.iter().filter_map(|entry| owner(&entry.key)).collect())
    }
}

async fn in_time<T>(
    within: Duration,
    call: impl Future<Output = Result<T, ObjectError>>,
) -> Result<T, CheckpointError> {
    match tokio::time::timeout(within, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(CheckpointError::Late(within)),
    }
}

fn key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("{FOLDER}{identifier}/{dataset_id}/{family}/{train_hash}.safetensors")
}

/// Whose training a key is of; nothing for an object that is no checkpoint.
fn owner(key: &str) -> Option<(Family, Lineage)> {
    let mut parts = key.strip_prefix(FOLDER)?.split('/');
    let (identifier, dataset_id, family) = (parts.next()?, parts.next()?, parts.next()?);
    let train_hash = parts.next()?.strip_suffix(".safetensors")?;
    let lineage = Lineage {
        run_id: String::new(),
        identifier: identifier.into(),
        config_hash: String::new(),
        dataset_id: dataset_id.into(),
        train_hash: train_hash.into(),
    };
    parts.next().is_none().then_some((family.parse().ok()?, lineage))
}
