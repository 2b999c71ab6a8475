//! Fetches a model from the store and verifies it. Every part of FLTS that needs a model gets it here.
//!
//! The same model gives the same bits on the same number of libtorch threads only, and libtorch keeps that number per calling
//! thread. So each thread that forecasts calls [`use_one_torch_thread`](crate::forecast::use_one_torch_thread) first: the workers of the pool, the
//! evaluator's judging thread, and `flts forecast`.

use crate::forecast::{ModelError, VerifiedModel};
use crate::storage::{ArtifactRef, Pointer, Runs, StorageError};

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its files cannot be read.
    #[error(transparent)]
    Store(#[from] StorageError),
    /// Its files do not match their hashes, or are no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Fetches the model of an artifact; `generation` is the number of the promotion that serves it, 0 where none does.
pub async fn fetch_model(runs: &Runs, artifact: &ArtifactRef, generation: u64) -> Result<VerifiedModel, FetchError> {
    let files = runs.load_artifact(artifact).await?;
    Ok(VerifiedModel::verify(&files.manifest, files.weights, Some(&artifact.manifest_sha256), generation)?)
}

/// Fetches the model that a pointer names.
pub async fn fetch_promoted(runs: &Runs, pointer: &Pointer) -> Result<VerifiedModel, FetchError> {
    fetch_model(runs, &pointer.artifact(), pointer.generation).await
}
