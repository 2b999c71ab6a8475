//! One training, from a stored data set to a finished run: the same steps for a claim, for the gap search
//! and for the evaluator's baselines.

use std::time::Duration;
use std::time::Instant;

use crate::actors::telemetry::Event;
use crate::forecast::{
    Artifact, Family, Lineage, ModelError, Progress, TrainSettings, TrainingData, fit, run_id, train_hash,
};
use crate::storage::{Dataset, DatasetRecord, RunRecord, RunStatus, StorageError};

use super::services::Services;

/// Longest time that a training waits for the store because of a checkpoint.
pub const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(5);

/// Pause before a trained model that could not be stored is offered to the store again.
const SAVE_RETRY: Duration = Duration::from_secs(1);

/// Why there is no finished run.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The family cannot be fitted on this data; trying again changes nothing.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The store is away or refused; the work may be tried again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is fitted, beside the family: how, and which columns are forecast.
#[derive(Clone)]
pub struct Recipe {
    /// Lengths, sizes, schedule, seed.
    pub settings: TrainSettings,
    /// Columns to forecast, as asked for: `*` for all, empty for the first measured one.
    pub targets: Vec<String>,
}

impl Recipe {
    /// The columns to forecast on a data set; names it does not hold are refused by the fit.
    pub fn targets(&self, record: &DatasetRecord) -> Vec<String> {
        if self.targets.iter().any(|name| name == "*") {
            return record.measured.clone();
        }
        if self.targets.is_empty() {
            return record.measured.iter().take(1).cloned().collect();
        }
        self.targets.clone()
    }

    /// Hash of everything that makes a run on this data set another run.
    pub fn train_hash(&self, family: Family, record: &DatasetRecord) -> String {
        let mut canonical = self.settings.canonical(family);
        canonical["targets"] = self.targets(record).into();
        train_hash(&canonical)
    }

    /// What is known before the training; the run id comes out of it.
    pub fn lineage(&self, family: Family, record: &DatasetRecord) -> Lineage {
        Lineage {
            run_id: String::new(),
            identifier: record.identifier.clone(),
            config_hash: record.config_hash.clone(),
            dataset_id: record.dataset_id.clone(),
            train_hash: self.train_hash(family, record),
        }
    }
}

/// Answers with the finished run of (data set, family, settings), fitting it only if there is none, or none of its files.
///
/// Blocks: it is for owned threads. `progress` hears 0..1 and may end the training.
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

/// Fits a family on a data set, and records the run, or gives a run that was `found` its files back.
///
/// Blocks, as [`ensure_run`] does.
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

/// The run of this work, if it ended. Blocks.
pub fn find_run(services: &Services, family: Family, lineage: &Lineage) -> Result<Option<RunRecord>, StorageError> {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    let found = services.stored(services.runs.find(identifier, dataset_id, family, train_hash))?;
    if found.is_some() {
        // whoever recorded it may have died before this
        forget_checkpoint(services, family, lineage);
    }
    Ok(found)
}

/// Whether a finished run has lost what was stored before its record, as only somebody who removes objects can bring about.
pub async fn has_lost_files(services: &Services, run: &RunRecord) -> Result<bool, StorageError> {
    match run.artifact().filter(|_| is_finished(run)) {
        Some(artifact) => Ok(!services.runs.has_artifact(&artifact).await?),
        None => Ok(false),
    }
}

/// Puts the files of a run back if training it again gave the same ones; another machine may give others, which are another run's.
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

/// Stores what was trained, artifact first. While the store is away it is tried again for as long as the training took: until then
/// waiting is cheaper than training anew.
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

/// Records that a family failed for good on a data set, so that nobody waits for it or tries again.
pub fn record_failure(
    services: &Services,
    record: &DatasetRecord,
    family: Family,
    recipe: &Recipe,
    error: &str,
) -> Result<RunRecord, StorageError> {
    let mut lineage = recipe.lineage(family, record);
    // nothing came out that could name it, so the work does
    let work = [lineage.identifier.as_str(), &lineage.dataset_id, family.as_str(), &lineage.train_hash];
    lineage.run_id = run_id(work.join("\n").as_bytes());
    let run = RunRecord::failed(&lineage, family, recipe.targets(record), error);
    let run = services.stored(services.runs.finish(run))?;
    forget_checkpoint(services, family, &run.lineage);
    Ok(run)
}

/// Removes what a training kept on its way: its run is recorded. One that stays is of no harm, and the next look at the run removes it.
fn forget_checkpoint(services: &Services, family: Family, lineage: &Lineage) {
    if family.is_baseline() {
        return;
    }
    let removed = services.checkpoints.remove(family, lineage, CHECKPOINT_PATIENCE);
    if let Some(Err(error)) = services.io.block_on_while_wanted(removed) {
        tracing::warn!(event = "checkpoint_remove_fail", service = "train", model_type = %family, error = %error);
    }
}

/// Whether a record names a model that can be loaded.
pub fn is_finished(run: &RunRecord) -> bool {
    run.status == RunStatus::Finished
}
