//! One training, from a stored data set to a finished run: the same steps for a claim, for the gap search
//! and for the evaluator's baselines.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::forecast::{Family, Lineage, ModelError, TrainSettings, TrainingData, fit, train_hash};
use crate::storage::{Dataset, RunRecord, RunStatus, StorageError};

use super::services::Services;

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

/// Answers with the finished run of (data set, family, settings), fitting it only if there is none.
///
/// Blocks: it is for owned threads. `on_progress` hears 0..1 and may break the training off.
pub fn ensure_run(
    services: &Services,
    dataset: &Dataset,
    family: Family,
    settings: &TrainSettings,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<RunRecord, TrainingError> {
    let record = &dataset.record;
    let hash = train_hash(&settings.canonical(family));
    if let Some(found) =
        services.io.block_on(services.runs.find(&record.identifier, &record.dataset_id, family, &hash))?
    {
        return Ok(found);
    }
    let lineage = Lineage {
        run_id: uuid::Uuid::new_v4().simple().to_string(),
        identifier: record.identifier.clone(),
        config_hash: record.config_hash.clone(),
        dataset_id: record.dataset_id.clone(),
        train_hash: hash,
    };
    let data = TrainingData {
        train: dataset.train.clone(),
        measured: record.measured.clone(),
        targets: record.targets.clone(),
        means: record.means.clone(),
        calendar: record.calendar,
    };
    let started = Instant::now();
    let artifact = fit(family, &data, settings, lineage.clone(), on_progress)?;
    let saved = services.io.block_on(services.runs.save_artifact(&artifact))?;
    let run = RunRecord::finished(&saved, &lineage, started.elapsed());
    Ok(services.io.block_on(services.runs.finish(run))?)
}

/// Records that a family failed for good on a data set, so that nobody waits for it or tries again.
pub fn record_failure(
    services: &Services,
    dataset: &Dataset,
    family: Family,
    settings: &TrainSettings,
    error: &ModelError,
) -> Result<RunRecord, StorageError> {
    let record = &dataset.record;
    let lineage = Lineage {
        run_id: uuid::Uuid::new_v4().simple().to_string(),
        identifier: record.identifier.clone(),
        config_hash: record.config_hash.clone(),
        dataset_id: record.dataset_id.clone(),
        train_hash: train_hash(&settings.canonical(family)),
    };
    services.io.block_on(services.runs.finish(RunRecord::failed(&lineage, family, &error.to_string())))
}

/// Whether a record names a model that can be loaded.
pub fn is_finished(run: &RunRecord) -> bool {
    run.status == RunStatus::Finished
}
