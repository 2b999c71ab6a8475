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
    let decide = |log: &[Decision]| Decision::rolling_back(log, identifier, to_generation, audit.clone());
    let is_settled = |log: &[Decision]| {
        !matches!(decide(log), Err(MoveError::NothingBefore(_) | MoveError::UnknownGeneration { .. }))
    };
    loop {
        // the models before the present one say whether there is one to go back to, mostly the first of them
        let decision = decide(&decisions.promotions(identifier, is_settled).await?)?;
        if is_written(decisions, runs, &decision).await? {
            return Ok(decision);
        }
    }
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
    let has_score = |decision: &Decision| decision.scoreboard.iter().any(|candidate| candidate.run_id == run_id);
    loop {
        let decision = Decision::setting(&decisions.newest_until(identifier, has_score).await?, &run, audit.clone())?;
        if is_written(decisions, runs, &decision).await? {
            return Ok(decision);
        }
    }
}

/// Appends a decision to the log and writes the pointer; false if another decision was appended first, so that this one is to be made
/// again on the longer log.
async fn is_written(decisions: &Decisions, runs: &Runs, decision: &Decision) -> Result<bool, ManualPromotionError> {
    if let Some(pointer) = &decision.pointer {
        verify(runs, pointer).await?;
    }
    let is_appended = decisions.append(decision).await? == Appended::Done;
    if is_appended {
        decisions.project(&decision.identifier).await?;
    }
    Ok(is_appended)
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
