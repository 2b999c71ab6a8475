//! The artifact of a run: its manifest and its weights.

use std::fmt::Display;

use bytes::Bytes;

use crate::forecast::{Artifact, Family, Lineage, WEIGHTS_FILE, sha256_hex};
use crate::limits::{Limit, MANIFEST, WEIGHTS};
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{ObjectError, PassedOver};
use crate::storage::records::{create_file, json};

use super::keys::{MANIFEST_FILE, artifact_folder, artifacts_prefix};
use super::record::{ArtifactRef, EXPERIMENT};
use super::store::Runs;

/// The files of an artifact.
pub struct ArtifactFiles {
    /// `manifest.json`.
    pub manifest: Bytes,
    /// `weights.safetensors`.
    pub weights: Bytes,
}

impl Runs {
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
        create_file(&self.objects, MLFLOW_BUCKET, &format!("{folder}{WEIGHTS_FILE}"), weights, WEIGHTS).await?;
        fail::fail_point!("artifact-weights-stored");
        let key = format!("{folder}{MANIFEST_FILE}");
        create_file(&self.objects, MLFLOW_BUCKET, &key, manifest.into(), MANIFEST).await?;
        fail::fail_point!("artifact-stored");
        Ok(saved)
    }

    /// Notes that the files of an artifact are not those that were stored.
    pub fn pass_over_artifact(&self, artifact: &ArtifactRef, reason: impl Display) {
        self.objects.pass_over(MLFLOW_BUCKET, &artifact_folder(artifact), PassedOver::Damaged, reason);
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
        let key = format!("{}{WEIGHTS_FILE}", artifact_folder(artifact));
        let entries = self.objects.list(MLFLOW_BUCKET, &key).await?;
        let entry = entries.into_iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.size).ok_or_else(|| StorageError::Missing(format!("{MLFLOW_BUCKET}/{key}")))
    }

    /// The trainings that the artifacts of a run tell of; an artifact that cannot be read tells of none.
    pub(super) async fn origins_of(&self, run_id: &str) -> Result<Vec<(Family, Lineage)>, StorageError> {
        let mut origins = Vec::new();
        let prefix = artifacts_prefix(run_id);
        for folder in self.objects.list_folder(MLFLOW_BUCKET, &prefix).await?.folders {
            let family = folder.strip_prefix(&prefix).and_then(|name| name.strip_suffix('/')?.parse().ok());
            let Some(family) = family else { continue };
            let manifest = match self.objects.read(MLFLOW_BUCKET, &format!("{folder}{MANIFEST_FILE}"), MANIFEST).await {
                Err(ObjectError::OverLimit { .. }) => continue,
                manifest => manifest?,
            };
            let lineage = manifest.and_then(|manifest| serde_json::from_slice(&manifest.bytes).ok());
            origins.extend(lineage.map(|lineage| (family, lineage)));
        }
        Ok(origins)
    }

    async fn artifact_file(&self, artifact: &ArtifactRef, name: &str, limit: Limit) -> Result<Bytes, StorageError> {
        let key = format!("{}{name}", artifact_folder(artifact));
        let object = self.objects.read(MLFLOW_BUCKET, &key, limit).await?;
        object.map(|object| object.bytes).ok_or_else(|| StorageError::Missing(format!("{MLFLOW_BUCKET}/{key}")))
    }
}
