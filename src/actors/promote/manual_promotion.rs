//! Moving the pointer by hand: audited, in the same decision log, and only to a model that can be served.

use crate::forecast::{ModelError, VerifiedModel};
use crate::storage::{Appended, Audit, Decision, Decisions, MoveError, Pointer, Runs, StorageError};

/// Why the pointer was not moved.
#[derive(Debug, thiserror::Error)]
pub enum ManualPromotionError {
    /// What was asked for makes no sense on this log.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The model cannot be served, so it is not promoted either.
    #[error("run {run_id} cannot be served: {cause}")]
    NotServable {
        /// The run in question.
        run_id: String,
        /// What is wrong with its artifact.
        cause: ModelError,
    },
    /// The store is away or refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Serves a model again that was served before; without a generation the one before the present one.
pub async fn roll_back(
    decisions: &Decisions,
    runs: &Runs,
    identifier: &str,
    to_generation: Option<u64>,
    audit: Audit,
) -> Result<Decision, ManualPromotionError> {
    decide(decisions, runs, identifier, |history| {
        Decision::rolling_back(history, identifier, to_generation, audit.clone())
    })
    .await
}

/// Serves the run that a person names, whatever its score.
pub async fn set(
    decisions: &Decisions,
    runs: &Runs,
    identifier: &str,
    run_id: &str,
    audit: Audit,
) -> Result<Decision, ManualPromotionError> {
    let run = runs.find_by_id(identifier, run_id).await?;
    let run =
        run.ok_or_else(|| MoveError::UnknownRun { identifier: identifier.to_owned(), run_id: run_id.to_owned() })?;
    decide(decisions, runs, identifier, |history| Decision::setting(history, &run, audit.clone())).await
}

/// Writes the next entry of the log and its projection; when somebody else was first, it is thought over again.
async fn decide(
    decisions: &Decisions,
    runs: &Runs,
    identifier: &str,
    next: impl Fn(&[Decision]) -> Result<Decision, MoveError>,
) -> Result<Decision, ManualPromotionError> {
    loop {
        let decision = next(&decisions.history(identifier).await?)?;
        if let Some(pointer) = &decision.pointer {
            verify(runs, pointer).await?;
        }
        if decisions.append(&decision).await? == Appended::Done {
            decisions.project(identifier).await?;
            return Ok(decision);
        }
    }
}

/// The files are there and are those that the pointer names; building the model is left to those who serve it.
async fn verify(runs: &Runs, pointer: &Pointer) -> Result<(), ManualPromotionError> {
    let files = runs.load_artifact(&pointer.artifact()).await?;
    let checked =
        VerifiedModel::verify(&files.manifest, files.weights, Some(&pointer.manifest_sha256), pointer.generation);
    let not_servable = |cause| ManualPromotionError::NotServable { run_id: pointer.run_id.clone(), cause };
    checked.map(drop).map_err(not_servable)
}
