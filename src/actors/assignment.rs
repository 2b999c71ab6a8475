//! One assignment of the trainer from start to end: load, train, record, announce, and answer for the record.

use std::time::{Duration, Instant};

use crate::forecast::{Family, ModelError};
use crate::storage::{Dataset, RunRecord, RunStatus, StorageError};
use crate::transport::{MODEL_TRAINING, TrainingEvent};

use super::claims::DatasetKey;
use super::events::Event;
use super::gaps;
use super::messages::Train;
use super::oversight::{EndBy, Oversight};
use super::services::Services;
use super::trainer::TrainerSettings;
use super::training::{TrainingError, ensure_run, record_failure};

/// Carries out one assignment and answers for its record; the word it returns is for the actor's state.
///
/// Blocks: it is for the trainer's own threads. `end_by` ends a training, which keeps where it stands and hands the record back.
pub fn carry_out(services: &Services, settings: &TrainerSettings, end_by: &EndBy, work: Train) -> String {
    let Train { dataset, family, delivery } = work;
    match train_and_announce(services, settings, end_by, &dataset, family) {
        Ok(outcome) => {
            if let Some(delivery) = delivery {
                delivery.done();
            }
            outcome
        }
        Err(Unfinished::Later(cause)) => {
            if let Some(delivery) = delivery {
                delivery.hand_back();
            }
            format!("put back: {cause}")
        }
        Err(Unfinished::Reject(cause)) => {
            services.events.emit(Event::TrainingFailed { family, error: cause.clone(), r#final: false });
            if let Some(delivery) = delivery {
                delivery.reject(cause.clone());
            }
            format!("rejected: {cause}")
        }
    }
}

enum Unfinished {
    /// Nothing is wrong with the record: an outage or a shutdown.
    Later(String),
    /// The record, or what it points to, is wrong.
    Reject(String),
}

impl From<StorageError> for Unfinished {
    fn from(error: StorageError) -> Self {
        match error.is_outage() {
            true => Unfinished::Later(error.to_string()),
            false => Unfinished::Reject(error.to_string()),
        }
    }
}

fn train_and_announce(
    services: &Services,
    settings: &TrainerSettings,
    end_by: &EndBy,
    key: &DatasetKey,
    family: Family,
) -> Result<String, Unfinished> {
    let dataset = services.io.block_on(gaps::load(services, key))?;
    let started = Instant::now();
    let (run, fresh) = train(services, settings, end_by, &dataset, family)?;
    announce(services, &TrainingEvent::of(&run))?;
    fail::fail_point!("training-event-sent");
    if run.status == RunStatus::Failed {
        let error = run.error.unwrap_or_default();
        services.events.emit(Event::TrainingFailed { family, error: error.clone(), r#final: true });
        return Ok(format!("failed for good: {error}"));
    }
    let (run_id, took) = (run.lineage.run_id.clone(), if fresh { started.elapsed() } else { Duration::ZERO });
    services.events.emit(Event::TrainingFinished { family, run_id, took, fresh });
    Ok(format!("finished: run {}", run.lineage.run_id))
}

/// The run of this work, and whether it was trained just now.
fn train(
    services: &Services,
    settings: &TrainerSettings,
    end_by: &EndBy,
    dataset: &Dataset,
    family: Family,
) -> Result<(RunRecord, bool), Unfinished> {
    let recipe = &settings.recipe;
    let lineage = recipe.lineage(family, &dataset.record);
    let interval = settings.checkpoint_interval;
    let mut oversight = Oversight::new(services, dataset, family, lineage, end_by, interval);
    let run = match ensure_run(services, dataset, family, recipe, &mut oversight) {
        Ok(run) => run,
        Err(TrainingError::Model(ModelError::Cancelled)) => {
            return Err(Unfinished::Later("the node is stopping".into()));
        }
        Err(TrainingError::Model(error)) => record_failure(services, dataset, family, recipe, &error)?,
        Err(TrainingError::Storage(error)) => return Err(error.into()),
    };
    Ok((run, oversight.fresh))
}

fn announce(services: &Services, event: &TrainingEvent) -> Result<(), Unfinished> {
    let key = event.key();
    let sending = services.producer.send(MODEL_TRAINING, key.as_deref(), event.to_json());
    match services.io.block_on_while_wanted(sending) {
        Some(sent) => sent.map_err(|error| Unfinished::Later(error.to_string())),
        // the run is recorded, and whoever looks for gaps finds it
        None => Err(Unfinished::Later("the node is stopping".into())),
    }
}
