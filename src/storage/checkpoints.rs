//! Checkpoints of unfinished trainings: one object for each training, overwritten in place, and removed once the run is recorded.
//!
//! A training without its checkpoint starts from the beginning. So every call has a short deadline, and no training fails because of one.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use crate::forecast::{Family, Lineage, is_identifier, is_sha256_hex};
use crate::limits::CHECKPOINT;

use super::buckets::MLFLOW_BUCKET;
use super::objects::{Condition, Entry, Object, ObjectError, ObjectStore};

pub(super) const FOLDER: &str = "checkpoints/";
/// Checkpoints of a page.
const PAGE: usize = 100;

/// The checkpoints of a store.
#[derive(Clone)]
pub struct Checkpoints {
    objects: ObjectStore,
}

/// Some of the trainings that have a checkpoint.
#[derive(Debug)]
pub struct CheckpointPage {
    /// Family and lineage of each; the lineage lacks what the key does not hold.
    pub trainings: Vec<(Family, Lineage)>,
    /// The place where the next page begins; none after the last one.
    pub next: Option<String>,
}

/// Why a checkpoint was not stored, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The store is away, or it refused the request.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The store did not answer within the deadline.
    #[error("the object store did not answer within {} ms", .0.as_millis())]
    Late(Duration),
}

impl Checkpoints {
    /// The checkpoints in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// The checkpoint of the last attempt at this training.
    pub async fn load(
        &self,
        family: Family,
        lineage: &Lineage,
        within: Duration,
    ) -> Result<Option<Object>, CheckpointError> {
        let key = key(family, lineage);
        within_deadline(within, self.objects.read(MLFLOW_BUCKET, &key, CHECKPOINT)).await
    }

    /// Stores a checkpoint of this training in place of the last one.
    pub async fn save(
        &self,
        family: Family,
        lineage: &Lineage,
        checkpoint: Bytes,
        within: Duration,
    ) -> Result<(), CheckpointError> {
        let key = key(family, lineage);
        within_deadline(within, self.objects.put(MLFLOW_BUCKET, &key, checkpoint, Condition::Always)).await?;
        fail::fail_point!("checkpoint-stored");
        Ok(())
    }

    /// Removes the checkpoint; removing an absent one succeeds.
    pub async fn remove(&self, family: Family, lineage: &Lineage, within: Duration) -> Result<(), CheckpointError> {
        let key = key(family, lineage);
        within_deadline(within, self.objects.delete(MLFLOW_BUCKET, &key)).await?;
        fail::fail_point!("checkpoint-removed");
        Ok(())
    }

    /// Trainings that have a checkpoint, at most 100 of those after the place where an earlier page ended.
    pub async fn page(&self, after: Option<&str>) -> Result<CheckpointPage, ObjectError> {
        let page = self.objects.list_page(MLFLOW_BUCKET, FOLDER, after.unwrap_or_default(), PAGE).await?;
        let training = |entry: &Entry| {
            let training = training_of(&entry.key);
            if training.is_none() {
                self.objects.pass_over_foreign(MLFLOW_BUCKET, &entry.key);
            }
            training
        };
        let trainings = page.entries.iter().filter_map(training).collect();
        let next = page.entries.into_iter().next_back().filter(|_| page.is_truncated).map(|last| last.key);
        Ok(CheckpointPage { trainings, next })
    }
}

async fn within_deadline<T>(
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

/// The training that a key belongs to; none for an object that is not a checkpoint.
pub(super) fn training_of(key: &str) -> Option<(Family, Lineage)> {
    let mut parts = key.strip_prefix(FOLDER)?.split('/');
    let (identifier, dataset_id, family) = (parts.next()?, parts.next()?, parts.next()?);
    let train_hash = parts.next()?.strip_suffix(".safetensors")?;
    let lineage = Lineage {
        run_id: String::new(),
        identifier: identifier.into(),
        series: None,
        config_hash: String::new(),
        dataset_id: dataset_id.into(),
        train_hash: train_hash.into(),
    };
    let is_ours = is_identifier(identifier) && is_sha256_hex(dataset_id) && is_sha256_hex(train_hash);
    (is_ours && parts.next().is_none()).then_some((family.parse().ok()?, lineage))
}
