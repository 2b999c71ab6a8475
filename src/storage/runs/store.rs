//! Training runs: the artifact is stored first, then the record that makes the run finished. A run is named by its content, so that a
//! training that is repeated after a crash, or by two trainers at once, writes the same keys and bytes.

use crate::forecast::{Family, Lineage};
use crate::runtime::MemoryShare;
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Entry, ObjectStore, PassedOver};
use crate::storage::records::{create_or_read, read};

use super::keys::{dataset_prefix, identifier_prefix, is_run_key, run_key};
use super::known_runs::{KnownRuns, ListedRuns};
use super::record::RunRecord;

/// The runs of a store.
#[derive(Clone)]
pub struct Runs {
    pub(super) objects: ObjectStore,
    known: KnownRuns,
    memory: MemoryShare,
    /// Threads that each build a model which is loaded.
    model_threads: usize,
}

/// What a key of a listing holds.
enum Listed {
    Usable(Box<RunRecord>),
    /// It is passed over.
    Unusable,
    /// It was removed meanwhile.
    Gone,
}

impl Runs {
    /// The runs in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects, known: KnownRuns::default(), memory: MemoryShare::new("models", usize::MAX), model_threads: 1 }
    }

    /// The same runs; models that are loaded share this memory, and so many threads build each of them.
    pub fn within(self, memory: MemoryShare, model_threads: usize) -> Self {
        Self { memory, model_threads, ..self }
    }

    /// The run of this training, if it has ended.
    pub async fn find(&self, family: Family, lineage: &Lineage) -> Result<Option<RunRecord>, StorageError> {
        read(&self.objects, MLFLOW_BUCKET, &run_key(family, lineage)).await
    }

    /// Every run of a data set that has ended, with any settings. Runs that are known from an earlier listing are not read again.
    pub async fn list_for(&self, identifier: &str, dataset_id: &str) -> Result<Vec<RunRecord>, StorageError> {
        let prefix = dataset_prefix(identifier, dataset_id);
        let before = self.known.of(&prefix);
        let mut listed = ListedRuns::new();
        for Entry { key, etag, .. } in self.objects.list(MLFLOW_BUCKET, &prefix).await? {
            let run = match before.get(&key).filter(|(seen, _)| *seen == etag) {
                Some((_, run)) => {
                    if run.is_some() {
                        self.objects.is_whole(MLFLOW_BUCKET, &key);
                    }
                    run.clone()
                }
                None => match self.listed(&key).await? {
                    Listed::Usable(run) => Some(*run),
                    Listed::Unusable => None,
                    Listed::Gone => continue,
                },
            };
            listed.insert(key, (etag, run));
        }
        let runs = listed.values().filter_map(|(_, run)| run.clone()).collect();
        self.known.keep(prefix, listed);
        Ok(runs)
    }

    /// The run of an identifier that has this id. A run with a model is found by its artifact, however many runs there are.
    pub async fn find_by_id(&self, identifier: &str, run_id: &str) -> Result<Option<RunRecord>, StorageError> {
        let has_id = |run: &RunRecord| run.lineage.run_id == run_id;
        for (family, lineage) in self.origins_of(run_id).await? {
            let key = run_key(family, &lineage);
            if lineage.identifier == identifier
                && let Listed::Usable(run) = self.listed(&key).await?
                && has_id(&run)
            {
                return Ok(Some(*run));
            }
        }
        // it failed, it lost its artifact, or there is none
        for entry in self.objects.list(MLFLOW_BUCKET, &identifier_prefix(identifier)).await? {
            if let Listed::Usable(run) = self.listed(&entry.key).await?
                && has_id(&run)
            {
                return Ok(Some(*run));
            }
        }
        Ok(None)
    }

    /// The run of a key. One that cannot be used is passed over: it must not hide the others.
    async fn listed(&self, key: &str) -> Result<Listed, StorageError> {
        if !is_run_key(key) {
            self.objects.pass_over_foreign(MLFLOW_BUCKET, key);
            return Ok(Listed::Unusable);
        }
        match read::<RunRecord>(&self.objects, MLFLOW_BUCKET, key).await {
            Ok(Some(run)) if run_key(run.model_type, &run.lineage) != key => {
                let reason = "it is the record of another run; remove it";
                self.objects.pass_over(MLFLOW_BUCKET, key, PassedOver::Damaged, reason);
                Ok(Listed::Unusable)
            }
            Err(error @ StorageError::Damaged { .. }) => {
                self.objects.pass_over(MLFLOW_BUCKET, key, PassedOver::Damaged, error);
                Ok(Listed::Unusable)
            }
            read => {
                let run = read?;
                self.objects.is_whole(MLFLOW_BUCKET, key);
                Ok(run.map_or(Listed::Gone, |run| Listed::Usable(Box::new(run))))
            }
        }
    }

    /// Records the end of a run; if another trainer was first, the answer is its record.
    pub async fn finish(&self, run: RunRecord) -> Result<RunRecord, StorageError> {
        let key = run_key(run.model_type, &run.lineage);
        let run = create_or_read(&self.objects, MLFLOW_BUCKET, &key, run).await?;
        fail::fail_point!("run-recorded");
        Ok(run)
    }

    /// The memory that models which are loaded share.
    pub fn memory(&self) -> &MemoryShare {
        &self.memory
    }

    /// How many threads build a model that is loaded.
    pub fn model_threads(&self) -> usize {
        self.model_threads
    }
}
