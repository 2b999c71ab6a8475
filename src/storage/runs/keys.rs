//! The keys of runs and artifacts.

use crate::forecast::{Family, Lineage, WEIGHTS_FILE, is_identifier, is_sha256_hex};

use super::record::{ArtifactRef, EXPERIMENT};

/// The folder of the records of all runs.
pub(in crate::storage) const RUNS_FOLDER: &str = "runs/";
/// The manifest in the folder of an artifact.
pub(super) const MANIFEST_FILE: &str = "manifest.json";

/// Everything that is kept of the runs of an identifier.
pub(super) fn identifier_prefix(identifier: &str) -> String {
    format!("{RUNS_FOLDER}{identifier}/")
}

/// The artifacts of a run, by family.
pub(super) fn artifacts_prefix(run_id: &str) -> String {
    format!("{EXPERIMENT}/{run_id}/artifacts/")
}

pub(super) fn run_key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("{}{family}/{train_hash}.json", dataset_prefix(identifier, dataset_id))
}

/// Whether [`run_key`] gives such a key.
pub(in crate::storage) fn is_run_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let &["runs", identifier, dataset_id, family, file] = parts.as_slice() else { return false };
    let is_hash_file = file.strip_suffix(".json").is_some_and(is_sha256_hex);
    is_identifier(identifier) && is_sha256_hex(dataset_id) && family.parse::<Family>().is_ok() && is_hash_file
}

/// Whether a key is that of a file of an artifact.
pub(in crate::storage) fn is_artifact_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let &[experiment, run_id, "artifacts", family, file] = parts.as_slice() else { return false };
    let is_file = [MANIFEST_FILE, WEIGHTS_FILE].contains(&file);
    is_identifier(experiment) && is_identifier(run_id) && family.parse::<Family>().is_ok() && is_file
}

pub(super) fn dataset_prefix(identifier: &str, dataset_id: &str) -> String {
    format!("{}{dataset_id}/", identifier_prefix(identifier))
}

pub(super) fn artifact_folder(artifact: &ArtifactRef) -> String {
    format!("{}/{}/artifacts/{}/", artifact.experiment, artifact.run_id, artifact.model_type)
}
