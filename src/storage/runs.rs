//! Training runs: the artifact is stored first, then the record that makes the run finished. A run is named by its content, so that a
//! training that is repeated after a crash, or by two trainers at once, writes the same keys and bytes.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::forecast::{Artifact, Family, Lineage, WEIGHTS_FILE, is_identifier, sha256_hex};
use crate::limits::{Limit, MANIFEST, WEIGHTS};
use crate::runtime::MemoryShare;

use super::buckets::MLFLOW_BUCKET;
use super::error::StorageError;
use super::objects::{ObjectStore, PassedOver};
use super::records::{Checked, check_hash, check_identifier, create_file, create_or_read, json, read};
use super::run_keys::{MANIFEST_FILE, RUNS_FOLDER, artifact_folder, dataset_prefix, is_run_key, run_key};
use super::timestamp::now;

/// The experiment that runs are kept under.
pub const EXPERIMENT: &str = "Default";
pub(super) const VERSION: u32 = 1;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// The run has a model.
    Finished,
    /// The run has no model, and a further attempt would fail in the same way.
    Failed,
}

/// The record of one training, that is of (data set, family, training settings); written once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of this record.
    pub v: u32,
    /// The data set, settings and id of the run.
    #[serde(flatten)]
    pub lineage: Lineage,
    /// The experiment that the run belongs to.
    pub experiment: String,
    /// The model family.
    pub model_type: Family,
    /// The columns that the model forecasts.
    pub targets: Vec<String>,
    /// How the run ended.
    pub status: RunStatus,
    /// Why the run failed; none for a finished run.
    pub error: Option<String>,
    /// SHA-256 of the artifact's manifest, hex; none for a failed run.
    pub manifest_sha256: Option<String>,
    /// How long the training took, in seconds.
    pub training_seconds: Option<f64>,
    /// When the run ended, RFC 3339.
    pub finished_at: String,
}

/// The name of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRef {
    /// The experiment of the run.
    pub experiment: String,
    /// The run that made it.
    pub run_id: String,
    /// The model family.
    pub model_type: Family,
    /// SHA-256 of the manifest, hex.
    pub manifest_sha256: String,
}

/// The files of an artifact.
pub struct ArtifactFiles {
    /// `manifest.json`.
    pub manifest: Bytes,
    /// `weights.safetensors`.
    pub weights: Bytes,
}

impl Checked for RunRecord {
    fn check(&self) -> Result<(), String> {
        let Lineage { run_id, identifier, config_hash, dataset_id, train_hash } = &self.lineage;
        check_identifier(identifier)?;
        for (field, value) in [("config_hash", config_hash), ("dataset_id", dataset_id), ("train_hash", train_hash)] {
            check_hash(field, value)?;
        }
        check_artifact(&self.experiment, run_id, self.manifest_sha256.as_deref())
    }
}

/// Refuses names and hashes of an artifact that would be another path.
pub(in crate::storage) fn check_artifact(
    experiment: &str,
    run_id: &str,
    manifest_sha256: Option<&str>,
) -> Result<(), String> {
    for (field, value) in [("experiment", experiment), ("run_id", run_id)] {
        if !is_identifier(value) {
            return Err(format!("its `{field}` is none that flts gives"));
        }
    }
    manifest_sha256.map_or(Ok(()), |sha256| check_hash("manifest_sha256", sha256))
}

impl RunRecord {
    /// A run whose artifact is stored.
    pub fn finished(artifact: &ArtifactRef, lineage: &Lineage, targets: Vec<String>, took: Duration) -> Self {
        Self {
            experiment: artifact.experiment.clone(),
            manifest_sha256: Some(artifact.manifest_sha256.clone()),
            training_seconds: Some(took.as_secs_f64()),
            ..Self::ended(lineage, artifact.model_type, targets, RunStatus::Finished)
        }
    }

    /// A run that failed for good.
    pub fn failed(lineage: &Lineage, model_type: Family, targets: Vec<String>, error: &str) -> Self {
        Self { error: Some(error.to_owned()), ..Self::ended(lineage, model_type, targets, RunStatus::Failed) }
    }

    /// The artifact of a finished run.
    pub fn artifact(&self) -> Option<ArtifactRef> {
        Some(ArtifactRef {
            experiment: self.experiment.clone(),
            run_id: self.lineage.run_id.clone(),
            model_type: self.model_type,
            manifest_sha256: self.manifest_sha256.clone()?,
        })
    }

    fn ended(lineage: &Lineage, model_type: Family, targets: Vec<String>, status: RunStatus) -> Self {
        Self {
            v: VERSION,
            lineage: lineage.clone(),
            experiment: EXPERIMENT.into(),
            model_type,
            targets,
            status,
            error: None,
            manifest_sha256: None,
            training_seconds: None,
            finished_at: now(),
        }
    }
}

/// The runs of a store.
#[derive(Clone)]
pub struct Runs {
    objects: ObjectStore,
    memory: MemoryShare,
    /// Threads that each build a model which is loaded.
    model_threads: usize,
}

impl Runs {
    /// The runs in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects, memory: MemoryShare::new("models", usize::MAX), model_threads: 1 }
    }

    /// The same runs; models that are loaded share this memory, and so many threads build each of them.
    pub fn within(self, memory: MemoryShare, model_threads: usize) -> Self {
        Self { memory, model_threads, ..self }
    }

    /// The run of this training, if it has ended.
    pub async fn find(&self, family: Family, lineage: &Lineage) -> Result<Option<RunRecord>, StorageError> {
        read(&self.objects, MLFLOW_BUCKET, &run_key(family, lineage)).await
    }

    /// Every run of a data set that has ended, with any settings.
    pub async fn list_for(&self, identifier: &str, dataset_id: &str) -> Result<Vec<RunRecord>, StorageError> {
        let mut records = Vec::new();
        for entry in self.objects.list(MLFLOW_BUCKET, &dataset_prefix(identifier, dataset_id)).await? {
            records.extend(self.listed(&entry.key).await?);
        }
        Ok(records)
    }

    /// The run of a key of a listing. One that cannot be used is passed over: it must not hide the others.
    async fn listed(&self, key: &str) -> Result<Option<RunRecord>, StorageError> {
        if !is_run_key(key) {
            self.objects.pass_over_foreign(MLFLOW_BUCKET, key);
            return Ok(None);
        }
        match read::<RunRecord>(&self.objects, MLFLOW_BUCKET, key).await {
            Ok(Some(run)) if run_key(run.model_type, &run.lineage) != key => {
                let reason = "it is the record of another run; remove it";
                self.objects.pass_over(MLFLOW_BUCKET, key, PassedOver::Damaged, reason);
                Ok(None)
            }
            Err(error @ StorageError::Damaged { .. }) => {
                self.objects.pass_over(MLFLOW_BUCKET, key, PassedOver::Damaged, error);
                Ok(None)
            }
            read => {
                if read.is_ok() {
                    self.objects.is_whole(MLFLOW_BUCKET, key);
                }
                read
            }
        }
    }

    /// Notes that the files of an artifact are not those that were stored.
    pub fn pass_over_artifact(&self, artifact: &ArtifactRef, reason: impl std::fmt::Display) {
        self.objects.pass_over(
            MLFLOW_BUCKET,
            &artifact_folder(&artifact.experiment, &artifact.run_id, artifact.model_type),
            PassedOver::Damaged,
            reason,
        );
    }

    /// The run with this id among the runs of a series; it lists all of them.
    pub async fn find_by_id(&self, identifier: &str, run_id: &str) -> Result<Option<RunRecord>, StorageError> {
        for entry in self.objects.list(MLFLOW_BUCKET, &format!("{RUNS_FOLDER}{identifier}/")).await? {
            let run = self.listed(&entry.key).await?;
            if let Some(run) = run.filter(|run| run.lineage.run_id == run_id) {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Stores the files of an artifact; [`Runs::finish`] finishes the run.
    pub async fn save_artifact(&self, artifact: &Artifact) -> Result<ArtifactRef, StorageError> {
        let manifest = json(&artifact.manifest);
        let saved = ArtifactRef {
            experiment: EXPERIMENT.into(),
            run_id: artifact.manifest.lineage.run_id.clone(),
            model_type: artifact.manifest.model_type,
            manifest_sha256: sha256_hex(&manifest),
        };
        let folder = artifact_folder(&saved.experiment, &saved.run_id, saved.model_type);
        let weights = artifact.weights.clone().into();
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{WEIGHTS_FILE}"), weights, WEIGHTS).await?;
        fail::fail_point!("artifact-weights-stored");
        let key = format!("{folder}{MANIFEST_FILE}");
        create_file(&self.objects, MLFLOW_BUCKET, &key, manifest.into(), MANIFEST).await?;
        fail::fail_point!("artifact-stored");
        Ok(saved)
    }

    /// Records the end of a run; if another trainer was first, the answer is its record.
    pub async fn finish(&self, run: RunRecord) -> Result<RunRecord, StorageError> {
        let key = run_key(run.model_type, &run.lineage);
        let run = create_or_read(&self.objects, MLFLOW_BUCKET, &key, run).await?;
        fail::fail_point!("run-recorded");
        Ok(run)
    }

    /// Whether every file of the artifact is stored.
    pub async fn has_artifact(&self, artifact: &ArtifactRef) -> Result<bool, StorageError> {
        let folder = artifact_folder(&artifact.experiment, &artifact.run_id, artifact.model_type);
        let entries = self.objects.list(MLFLOW_BUCKET, &folder).await?;
        let is_there = |name: &str| entries.iter().any(|entry| entry.key.strip_prefix(&folder) == Some(name));
        Ok(is_there(MANIFEST_FILE) && is_there(WEIGHTS_FILE))
    }

    /// Reads the files of an artifact without checking them; [`VerifiedModel::verify`](crate::forecast::VerifiedModel::verify) checks them.
    pub async fn load_artifact(&self, artifact: &ArtifactRef) -> Result<ArtifactFiles, StorageError> {
        let (manifest, weights) = (self.load_manifest(artifact).await?, self.load_weights(artifact, WEIGHTS).await?);
        Ok(ArtifactFiles { manifest, weights })
    }

    /// Reads the manifest of an artifact without checking it.
    pub async fn load_manifest(&self, artifact: &ArtifactRef) -> Result<Bytes, StorageError> {
        self.artifact_file(artifact, MANIFEST_FILE, MANIFEST).await
    }

    /// Reads the weights of an artifact without checking them.
    pub async fn load_weights(&self, artifact: &ArtifactRef, limit: Limit) -> Result<Bytes, StorageError> {
        self.artifact_file(artifact, WEIGHTS_FILE, limit).await
    }

    /// The size of the weights of an artifact.
    pub async fn weights_bytes(&self, artifact: &ArtifactRef) -> Result<u64, StorageError> {
        let key =
            format!("{}{WEIGHTS_FILE}", artifact_folder(&artifact.experiment, &artifact.run_id, artifact.model_type));
        let entries = self.objects.list(MLFLOW_BUCKET, &key).await?;
        let entry = entries.into_iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.size).ok_or_else(|| StorageError::Missing(format!("{MLFLOW_BUCKET}/{key}")))
    }

    /// The memory that models which are loaded share.
    pub fn memory(&self) -> &MemoryShare {
        &self.memory
    }

    /// How many threads build a model that is loaded.
    pub fn model_threads(&self) -> usize {
        self.model_threads
    }

    async fn artifact_file(&self, artifact: &ArtifactRef, name: &str, limit: Limit) -> Result<Bytes, StorageError> {
        let key = format!("{}{name}", artifact_folder(&artifact.experiment, &artifact.run_id, artifact.model_type));
        let object = self.objects.read(MLFLOW_BUCKET, &key, limit).await?;
        object.map(|object| object.bytes).ok_or_else(|| StorageError::Missing(format!("{MLFLOW_BUCKET}/{key}")))
    }
}
