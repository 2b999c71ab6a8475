//! The keys of runs and artifacts.

use crate::forecast::{Family, Lineage, is_identifier, is_sha256_hex};

use super::record::{ArtifactRef, EXPERIMENT};

/// Everything that is kept of the runs of an identifier.
pub(super) fn identifier_prefix(identifier: &str) -> String {
    format!("runs/{identifier}/")
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
pub(super) fn is_run_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let &["runs", identifier, dataset_id, family, file] = parts.as_slice() else { return false };
    let is_hash_file = file.strip_suffix(".json").is_some_and(is_sha256_hex);
    is_identifier(identifier) && is_sha256_hex(dataset_id) && family.parse::<Family>().is_ok() && is_hash_file
}

pub(super) fn dataset_prefix(identifier: &str, dataset_id: &str) -> String {
    format!("{}{dataset_id}/", identifier_prefix(identifier))
}

pub(super) fn artifact_folder(artifact: &ArtifactRef) -> String {
    format!("{}/{}/artifacts/{}/", artifact.experiment, artifact.run_id, artifact.model_type)
}
