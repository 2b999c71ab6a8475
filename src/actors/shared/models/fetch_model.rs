//! Fetches a model from the store and verifies it. Every part of FLTS that needs a model gets it here.
//!
//! The same model gives the same bits on the same number of libtorch threads only, and libtorch keeps that number per calling
//! thread. So each thread that forecasts calls [`use_one_torch_thread`](crate::forecast::use_one_torch_thread) first: the workers of the pool, the
//! evaluator's judging thread, and `flts forecast`.

use std::time::Duration;

use parking_lot::Mutex;

use crate::forecast::{HeldMemory, ModelError, ModelMemory, VerifiedModel};
use crate::limits::WEIGHTS;
use crate::runtime::{Reservation, ReserveError};
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

impl FetchError {
    /// Whether this process has no memory for the model, now or ever; that says nothing about the model.
    pub fn is_about_memory(&self) -> bool {
        matches!(self, FetchError::Store(StorageError::Memory(_)) | FetchError::Model(ModelError::TooLarge { .. }))
    }
}

/// The memory of a model that is loaded.
#[derive(Debug)]
struct ReservedMemory {
    reservation: Mutex<Reservation>,
    in_service: usize,
}

impl HeldMemory for ReservedMemory {
    fn warmed_up(&self) {
        self.reservation.lock().shrink_to(self.in_service);
    }

    fn bytes(&self) -> usize {
        self.reservation.lock().bytes()
    }
}

/// How long a model waits for the memory that others hold.
const MEMORY_PATIENCE: Duration = Duration::from_secs(5);

/// Fetches the model of an artifact; `generation` is the number of the promotion that serves it, 0 where none does.
///
/// The memory of the model, on every thread that forecasts, is reserved before its weights are read, and held as long as the model; what
/// loading takes beside that is given back once it is warmed up.
pub async fn fetch_model(runs: &Runs, artifact: &ArtifactRef, generation: u64) -> Result<VerifiedModel, FetchError> {
    let (manifest_json, sha256) = (runs.load_manifest(artifact).await?, Some(artifact.manifest_sha256.as_str()));
    let (memory, weights_bytes) = {
        let _parsing = reserve(runs, artifact, ModelMemory::parsing(manifest_json.len())).await?;
        let manifest = VerifiedModel::verify_manifest(&manifest_json, sha256)?;
        let weights_bytes = runs.weights_bytes(artifact).await?;
        WEIGHTS.check(weights_bytes).map_err(|error| ModelError::Artifact(format!("{}: {error}", name(artifact))))?;
        (ModelMemory::of(&manifest, manifest_json.len(), weights_bytes), weights_bytes)
    };
    let threads = runs.model_threads();
    let reservation = Mutex::new(reserve(runs, artifact, memory.on_threads(threads)).await?);
    let reserved = ReservedMemory { reservation, in_service: memory.in_service(threads) };
    let weights = runs.load_weights(artifact, WEIGHTS.with_max(weights_bytes)).await?;
    Ok(VerifiedModel::verify(&manifest_json, weights, sha256, generation)?.holding(reserved))
}

async fn reserve(runs: &Runs, artifact: &ArtifactRef, bytes: usize) -> Result<Reservation, FetchError> {
    runs.memory().reserve(bytes, MEMORY_PATIENCE).await.map_err(|error| match error {
        ReserveError::TooLarge { .. } => too_large(artifact, error),
        ReserveError::Full { .. } => FetchError::Store(error.into()),
    })
}

fn too_large(artifact: &ArtifactRef, cause: impl std::fmt::Display) -> FetchError {
    ModelError::TooLarge { name: name(artifact), cause: cause.to_string() }.into()
}

fn name(artifact: &ArtifactRef) -> String {
    format!("{} of run {}", artifact.model_type, artifact.run_id)
}

/// Fetches the model that a pointer names.
pub async fn fetch_promoted(runs: &Runs, pointer: &Pointer) -> Result<VerifiedModel, FetchError> {
    let mut model = fetch_model(runs, &pointer.artifact(), pointer.generation).await?;
    model.standing = pointer.standing;
    Ok(model)
}
