//! The record of a run, and the name of its artifact.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::forecast::{Family, Lineage, is_identifier};
use crate::storage::records::{Checked, check_hash, check_identifier};
use crate::storage::timestamp::now;

/// The experiment that runs are kept under.
pub const EXPERIMENT: &str = "Default";
/// The version of the records that this program writes.
pub(in crate::storage) const VERSION: u32 = 1;

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

impl Checked for RunRecord {
    fn check(&self) -> Result<(), String> {
        let Lineage { run_id, identifier, series: _, config_hash, dataset_id, train_hash } = &self.lineage;
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
