//! Training runs: the artifact first, then the record that makes the run finished, created once. A run is named by its content, so
//! that work done again after a crash, or by two trainers at once, writes the same keys and bytes and leaves nothing behind.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::forecast::{Artifact, Family, Lineage, WEIGHTS_FILE, sha256_hex};

use super::buckets::MLFLOW_BUCKET;
use super::error::StorageError;
use super::objects::ObjectStore;
use super::records::{create_file, create_or_read, json, read};
use super::timestamp::now;

/// The experiment that runs are kept under.
pub const EXPERIMENT: &str = "Default";
const MANIFEST_FILE: &str = "manifest.json";
const VERSION: u32 = 1;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// It has a model.
    Finished,
    /// It has none and never will: trying again changes nothing.
    Failed,
}

/// The outcome of one (data set, family, training settings); written once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of this record.
    pub v: u32,
    /// Where the run comes from.
    #[serde(flatten)]
    pub lineage: Lineage,
    /// The experiment it belongs to.
    pub experiment: String,
    /// Its family.
    pub model_type: Family,
    /// The columns it forecasts.
    pub targets: Vec<String>,
    /// How it ended.
    pub status: RunStatus,
    /// Why it failed.
    pub error: Option<String>,
    /// Hash of the manifest, by which the artifact is known.
    pub manifest_sha256: Option<String>,
    /// How long the training took.
    pub training_seconds: Option<f64>,
    /// When it ended, RFC 3339.
    pub finished_at: String,
}

/// Where an artifact lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRef {
    /// The experiment.
    pub experiment: String,
    /// The run.
    pub run_id: String,
    /// The family.
    pub model_type: Family,
    /// Hash of the manifest.
    pub manifest_sha256: String,
}

/// The files of an artifact.
pub struct ArtifactFiles {
    /// `manifest.json`.
    pub manifest: Bytes,
    /// `weights.safetensors`.
    pub weights: Bytes,
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
}

impl Runs {
    /// The runs behind this client.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// The run of this work, if it ended.
    pub async fn find(
        &self,
        identifier: &str,
        dataset_id: &str,
        family: Family,
        train_hash: &str,
    ) -> Result<Option<RunRecord>, StorageError> {
        let key = format!("{}{family}/{train_hash}.json", dataset_prefix(identifier, dataset_id));
        read(&self.objects, MLFLOW_BUCKET, &key).await
    }

    /// Every run of a data set that ended, whatever its settings.
    pub async fn list_for(&self, identifier: &str, dataset_id: &str) -> Result<Vec<RunRecord>, StorageError> {
        let mut records = Vec::new();
        for entry in self.objects.list(MLFLOW_BUCKET, &dataset_prefix(identifier, dataset_id)).await? {
            records.extend(read::<RunRecord>(&self.objects, MLFLOW_BUCKET, &entry.key).await?);
        }
        Ok(records)
    }

    /// The run of this id among those of an identifier.
    pub async fn find_by_id(&self, identifier: &str, run_id: &str) -> Result<Option<RunRecord>, StorageError> {
        for entry in self.objects.list(MLFLOW_BUCKET, &format!("runs/{identifier}/")).await? {
            let run: Option<RunRecord> = read(&self.objects, MLFLOW_BUCKET, &entry.key).await?;
            if let Some(run) = run.filter(|run| run.lineage.run_id == run_id) {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Stores the files of an artifact; the run is not finished by that.
    pub async fn save_artifact(&self, artifact: &Artifact) -> Result<ArtifactRef, StorageError> {
        let manifest = json(&artifact.manifest);
        let saved = ArtifactRef {
            experiment: EXPERIMENT.into(),
            run_id: artifact.manifest.lineage.run_id.clone(),
            model_type: artifact.manifest.model_type,
            manifest_sha256: sha256_hex(&manifest),
        };
        let folder = artifact_folder(&saved);
        let weights = artifact.weights.clone().into();
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{WEIGHTS_FILE}"), weights).await?;
        fail::fail_point!("artifact-weights-stored");
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{MANIFEST_FILE}"), manifest.into()).await?;
        fail::fail_point!("artifact-stored");
        Ok(saved)
    }

    /// Ends a run; when another trainer was quicker, its run is the answer.
    pub async fn finish(&self, run: RunRecord) -> Result<RunRecord, StorageError> {
        let Lineage { identifier, dataset_id, train_hash, .. } = &run.lineage;
        let key = format!("{}{}/{train_hash}.json", dataset_prefix(identifier, dataset_id), run.model_type);
        let run = create_or_read(&self.objects, MLFLOW_BUCKET, &key, run).await?;
        fail::fail_point!("run-recorded");
        Ok(run)
    }

    /// Whether every file of the artifact is there, which the record of a finished run promises.
    pub async fn has_artifact(&self, artifact: &ArtifactRef) -> Result<bool, StorageError> {
        let folder = artifact_folder(artifact);
        let entries = self.objects.list(MLFLOW_BUCKET, &folder).await?;
        let is_there = |name: &str| entries.iter().any(|entry| entry.key.strip_prefix(&folder) == Some(name));
        Ok(is_there(MANIFEST_FILE) && is_there(WEIGHTS_FILE))
    }

    /// The files of an artifact, as they are; [`VerifiedModel::verify`](crate::forecast::VerifiedModel::verify) checks them.
    pub async fn load_artifact(&self, artifact: &ArtifactRef) -> Result<ArtifactFiles, StorageError> {
        let folder = artifact_folder(artifact);
        let fetch = async |name: &str| {
            let key = format!("{folder}{name}");
            let object = self.objects.get(MLFLOW_BUCKET, &key).await?;
            object.map(|object| object.bytes).ok_or(StorageError::Missing(format!("{MLFLOW_BUCKET}/{key}")))
        };
        Ok(ArtifactFiles { manifest: fetch(MANIFEST_FILE).await?, weights: fetch(WEIGHTS_FILE).await? })
    }
}

fn dataset_prefix(identifier: &str, dataset_id: &str) -> String {
    format!("runs/{identifier}/{dataset_id}/")
}

fn artifact_folder(artifact: &ArtifactRef) -> String {
    format!("{}/{}/artifacts/{}/", artifact.experiment, artifact.run_id, artifact.model_type)
}
