use crate::forecast::{ModelError, VerifiedModel};
use crate::storage::{Pointer, StorageError};

use super::services::Services;

/// Why the model that a pointer names cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its files cannot be read.
    #[error(transparent)]
    Store(#[from] StorageError),
    /// They are not what the pointer names.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// The model that a pointer names, verified.
pub async fn fetch(services: &Services, pointer: &Pointer) -> Result<VerifiedModel, FetchError> {
    let files = services.runs.load_artifact(&pointer.artifact()).await?;
    Ok(VerifiedModel::verify(&files.manifest, files.weights, Some(&pointer.manifest_sha256), pointer.generation)?)
}
