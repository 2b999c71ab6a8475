//! Training runs: the artifact is stored first, then the record that makes the run finished. A run is named by its content, so that a
//! training that is repeated after a crash, or by two trainers at once, writes the same keys and bytes.

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
    /// The runs in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// The run of this training, if it has ended.
    pub async fn find(&self, family: Family, lineage: &Lineage) -> Result<Option<RunRecord>, StorageError> {
        read(&self.objects, MLFLOW_BUCKET, &run_key(family, lineage)).await
    }

    /// Every run of a data set that has ended, with any settings.
    pub async fn list_for(&self, identifier: &str, dataset_id: &str) -> Result<Vec<RunRecord>, StorageError> {
        let mut records = Vec::new();
        for entry in self.objects.list(MLFLOW_BUCKET, &dataset_prefix(identifier, dataset_id)).await? {
            records.extend(read::<RunRecord>(&self.objects, MLFLOW_BUCKET, &entry.key).await?);
        }
        Ok(records)
    }

    /// The run of an identifier that has this id.
    pub async fn find_by_id(&self, identifier: &str, run_id: &str) -> Result<Option<RunRecord>, StorageError> {
        for entry in self.objects.list(MLFLOW_BUCKET, &format!("runs/{identifier}/")).await? {
            let run: Option<RunRecord> = read(&self.objects, MLFLOW_BUCKET, &entry.key).await?;
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
        let folder = artifact_folder(&saved);
        let weights = artifact.weights.clone().into();
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{WEIGHTS_FILE}"), weights).await?;
        fail::fail_point!("artifact-weights-stored");
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{MANIFEST_FILE}"), manifest.into()).await?;
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
        let folder = artifact_folder(artifact);
        let entries = self.objects.list(MLFLOW_BUCKET, &folder).await?;
        let is_there = |name: &str| entries.iter().any(|entry| entry.key.strip_prefix(&folder) == Some(name));
        Ok(is_there(MANIFEST_FILE) && is_there(WEIGHTS_FILE))
    }

    /// Reads the files of an artifact without checking them; [`VerifiedModel::verify`](crate::forecast::VerifiedModel::verify) checks them.
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

fn run_key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("{}{family}/{train_hash}.json", dataset_prefix(identifier, dataset_id))
}

fn dataset_prefix(identifier: &str, dataset_id: &str) -> String {
    format!("runs/{identifier}/{dataset_id}/")
}

fn artifact_folder(artifact: &ArtifactRef) -> String {
    format!("{}/{}/artifacts/{}/", artifact.experiment, artifact.run_id, artifact.model_type)
}
