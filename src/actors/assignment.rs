//! One assignment of the trainer from start to end: load, train, record, announce, and answer for the record.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::forecast::{Family, ModelError};
use crate::runtime::Vital;
use crate::storage::{Dataset, RunRecord, RunStatus, StorageError};
use crate::transport::{MODEL_TRAINING, TrainingEvent};

use super::claims::DatasetKey;
use super::events::Event;
use super::gaps;
use super::messages::Train;
use super::services::Services;
use super::training::{Recipe, TrainingError, ensure_run, record_failure};

/// Carries out one assignment and answers for its record; the word it returns is for the actor's state.
///
/// Blocks: it is for the trainer's own threads. `cancelled` breaks a training off, which hands the record back.
pub fn carry_out(services: &Services, recipe: &Recipe, cancelled: &AtomicBool, vital: &Vital, work: Train) -> String {
    let Train { dataset, family, delivery } = work;
    match train_and_announce(services, recipe, cancelled, vital, &dataset, family) {
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
    recipe: &Recipe,
    cancelled: &AtomicBool,
    vital: &Vital,
    key: &DatasetKey,
    family: Family,
) -> Result<String, Unfinished> {
    let dataset = services.io.block_on(gaps::load(services, key))?;
    let started = Instant::now();
    let (run, fresh) = train(services, recipe, cancelled, vital, &dataset, family)?;
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
    recipe: &Recipe,
    cancelled: &AtomicBool,
    vital: &Vital,
    dataset: &Dataset,
    family: Family,
) -> Result<(RunRecord, bool), Unfinished> {
    let mut fresh = false;
    let mut told = 0.0;
    let mut on_progress = |ratio: f64| {
        vital.beat();
        if !fresh {
            fresh = true;
            told_start(services, dataset, family);
        }
        if ratio - told >= 0.01 || ratio >= 1.0 {
            told = ratio;
            services.events.emit(Event::TrainingProgress { family, ratio });
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let run = match ensure_run(services, dataset, family, recipe, &mut on_progress) {
        Ok(run) => run,
        Err(TrainingError::Model(ModelError::Cancelled)) => {
            return Err(Unfinished::Later("the node is stopping".into()));
        }
        Err(TrainingError::Model(error)) => record_failure(services, dataset, family, recipe, &error)?,
        Err(TrainingError::Storage(error)) => return Err(error.into()),
    };
    Ok((run, fresh))
}

fn told_start(services: &Services, dataset: &Dataset, family: Family) {
    services.events.emit(Event::TrainingStarted { family, dataset_id: dataset.record.dataset_id.clone() });
    let event = TrainingEvent::running(family, &dataset.record);
    let producer = services.producer.clone();
    // RUNNING is news only: a training neither waits for it nor fails with it
    services.io.spawn(async move { producer.send(MODEL_TRAINING, None, event.to_json()).await });
}

fn announce(services: &Services, event: &TrainingEvent) -> Result<(), Unfinished> {
    let sent = services.io.block_on(services.producer.send(MODEL_TRAINING, event.key().as_deref(), event.to_json()));
    sent.map_err(|error| Unfinished::Later(error.to_string()))
}
