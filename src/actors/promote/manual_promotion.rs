//! Moves the pointer by hand: through the decision log, with who and why, and only to a model whose files are intact.

use crate::actors::shared::{FetchError, fetch_promoted};
use crate::forecast::ModelError;
use crate::storage::{Appended, Audit, Decision, Decisions, MoveError, Pointer, Runs, StorageError};

/// Why the pointer was not moved.
#[derive(Debug, thiserror::Error)]
pub enum ManualPromotionError {
    /// The decision log does not allow this move.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The model cannot be served, so it is not promoted.
    #[error("run {run_id} cannot be served: {cause}")]
    NotServable {
        /// The run of the model.
        run_id: String,
        /// What is wrong with its files.
        cause: ModelError,
    },
    /// The store is unreachable or refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Promotes a model again that was promoted before; without a generation, the one before the present model.
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

/// Promotes the run that a person names, whatever its score.
pub async fn promote_run(
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

/// Appends a decision to the log and writes the pointer. If another decision was appended first, it is made again on the longer log.
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

/// Checks that the files of the model are there and match their hashes. Whether the model can be built is left to the watchers.
async fn verify(runs: &Runs, pointer: &Pointer) -> Result<(), ManualPromotionError> {
    match fetch_promoted(runs, pointer).await {
        Ok(_) => Ok(()),
        Err(FetchError::Store(error)) => Err(error.into()),
        Err(FetchError::Model(cause)) => {
            Err(ManualPromotionError::NotServable { run_id: pointer.run_id.clone(), cause })
        }
    }
}
