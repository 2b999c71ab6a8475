//! From a stored data set to a recorded run: fit, store the artifact, record the run. The trainer and the evaluator, for its
//! baselines, take the same steps.
//!
//! All functions here that take [`Services`] block on the store, except [`has_lost_files`]: they are for owned threads.

use std::time::{Duration, Instant};

use crate::actors::telemetry::Event;
use crate::forecast::{Artifact, Family, Lineage, ModelError, Progress, TrainingData, fit, run_id};
use crate::storage::{Dataset, DatasetRecord, RunRecord, RunStatus, StorageError};

use super::recipe::Recipe;
use super::services::Services;

/// The longest time that a training waits for the store to keep, load or remove a checkpoint.
pub const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two attempts to store a trained model.
const SAVE_RETRY: Duration = Duration::from_secs(1);

/// Why there is no finished run.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The family cannot be fitted on this data; trying again changes nothing.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The store is unreachable or refused; the work may be tried again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The run of (data set, family, settings): the recorded one, or a new one if there is none or its files are lost.
///
/// `progress` gets the ratio done, 0 to 1, and may stop the training.
pub fn ensure_run(
    services: &Services,
    dataset: &Dataset,
    family: Family,
    recipe: &Recipe,
    progress: &mut dyn Progress,
) -> Result<RunRecord, TrainingError> {
    let found = find_run(services, family, &recipe.lineage(family, &dataset.record))?;
    match found {
        Some(found) if !services.stored(has_lost_files(services, &found))? => Ok(found),
        found => fit_run(services, dataset, family, recipe, found, progress),
    }
}

/// Fits a family on a data set and records the run. A run that was `found` without its files gets them back instead.
pub fn fit_run(
    services: &Services,
    dataset: &Dataset,
    family: Family,
    recipe: &Recipe,
    found: Option<RunRecord>,
    progress: &mut dyn Progress,
) -> Result<RunRecord, TrainingError> {
    let record = &dataset.record;
    let lineage = recipe.lineage(family, record);
    let data = TrainingData {
        train: dataset.train.clone(),
        measured: record.measured.clone(),
        targets: recipe.targets(record),
        means: record.means.clone(),
        calendar: record.calendar,
    };
    let started = Instant::now();
    let artifact = fit(family, &data, &recipe.settings, lineage, progress)?.named_by_content();
    if let Some(found) = found {
        return Ok(restore(services, found, &artifact)?);
    }
    let run = store_run(services, &artifact, data.targets, started.elapsed(), progress)?;
    forget_checkpoint(services, family, &run.lineage);
    Ok(run)
}

/// The recorded run of this lineage, finished or failed.
pub fn find_run(services: &Services, family: Family, lineage: &Lineage) -> Result<Option<RunRecord>, StorageError> {
    let found = services.stored(services.runs.find(family, lineage))?;
    if found.is_some() {
        // the trainer that recorded the run may have crashed before it removed the checkpoint
        forget_checkpoint(services, family, lineage);
    }
    Ok(found)
}

/// Whether the files of a finished run are gone. They are stored before its record, so only a deletion from outside does that.
pub async fn has_lost_files(services: &Services, run: &RunRecord) -> Result<bool, StorageError> {
    match run.artifact().filter(|_| is_finished(run)) {
        Some(artifact) => Ok(!services.runs.has_artifact(&artifact).await?),
        None => Ok(false),
    }
}

/// Stores the files of a run again, provided the new training gave the same ones. On another machine it may give others, which
/// would be the files of another run.
fn restore(services: &Services, run: RunRecord, artifact: &Artifact) -> Result<RunRecord, StorageError> {
    let (family, run_id) = (run.model_type, run.lineage.run_id.clone());
    if artifact.manifest.lineage.run_id == run_id {
        services.stored(services.runs.save_artifact(artifact))?;
        services.events.emit(Event::ArtifactRestored { family, run_id });
    } else {
        services.events.emit(Event::ArtifactLost { family, run_id });
    }
    forget_checkpoint(services, family, &run.lineage);
    Ok(run)
}

/// Stores a trained model: the artifact, then the record. During an outage of the store it is tried again for as long as the
/// training took: until then waiting is cheaper than to train again.
fn store_run(
    services: &Services,
    artifact: &Artifact,
    targets: Vec<String>,
    took: Duration,
    progress: &mut dyn Progress,
) -> Result<RunRecord, TrainingError> {
    let deadline = Instant::now() + took;
    loop {
        let stored = services.stored(async {
            let saved = services.runs.save_artifact(artifact).await?;
            let run = RunRecord::finished(&saved, &artifact.manifest.lineage, targets.clone(), took);
            services.runs.finish(run).await
        });
        match stored {
            Err(StorageError::Stopping) => return Err(StorageError::Stopping.into()),
            Err(error) if error.is_outage() && Instant::now() < deadline && !progress.should_stop() => {
                tracing::warn!(event = "artifact_save_retry", service = "train", %error, "the trained model is kept until the store is back");
                std::thread::sleep(SAVE_RETRY);
            }
            stored => return Ok(stored?),
        }
    }
}

/// Records that a family failed for good on a data set, so that the evaluator does not wait for it and no trainer tries again.
pub fn record_failure(
    services: &Services,
    record: &DatasetRecord,
    family: Family,
    recipe: &Recipe,
    error: &str,
) -> Result<RunRecord, StorageError> {
    let mut lineage = recipe.lineage(family, record);
    // there are no trained files to make the run id from
    let work = [lineage.identifier.as_str(), &lineage.dataset_id, family.as_str(), &lineage.train_hash];
    lineage.run_id = run_id(work.join("\n").as_bytes());
    let run = RunRecord::failed(&lineage, family, recipe.targets(record), error);
    let run = services.stored(services.runs.finish(run))?;
    forget_checkpoint(services, family, &run.lineage);
    Ok(run)
}

/// Removes the checkpoint of a run that is recorded. A failure does no harm: the next call of [`find_run`] removes it.
fn forget_checkpoint(services: &Services, family: Family, lineage: &Lineage) {
    if family.is_fitted_in_round() {
        return;
    }
    let removed = services.checkpoints.remove(family, lineage, CHECKPOINT_PATIENCE);
    if let Some(Err(error)) = services.io.block_on_while_wanted(removed) {
        tracing::warn!(event = "checkpoint_remove_fail", service = "train", model_type = %family, error = %error);
    }
}

/// Whether a run has a model; the other status is a failure for good.
pub fn is_finished(run: &RunRecord) -> bool {
    run.status == RunStatus::Finished
}
