//! What happens in a node, told once: every event is a log line, a count, and news for the console.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::actors::promote::ReloadError;
use crate::forecast::Family;
use crate::storage::{Decision, Pointer};

use super::metrics::Metrics;

/// Something that an operator or the console wants to know.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each variant has its sentence, and its fields are named after what they hold")]
pub enum Event {
    /// A data set was published (or was there already).
    DatasetPublished { identifier: String, dataset_id: String, train_rows: u64, test_rows: u64, fresh: bool },
    /// The input cannot be used as it is.
    DatasetRefused { error: String },
    /// The work on a family is this trainer's; attempts since the last orderly end, this one included.
    LeaseAcquired { family: Family, dataset_id: String, epoch: u64, attempts: u32 },
    /// The same, from somebody who was silent for too long or is dead.
    LeaseTakenOver { family: Family, dataset_id: String, epoch: u64, attempts: u32, from: String },
    /// Somebody else took the work over.
    LeaseLost { family: Family, dataset_id: String, epoch: u64 },
    /// A training began.
    TrainingStarted { family: Family, dataset_id: String },
    /// A training goes on at this step, where an earlier attempt stood.
    TrainingResumed { family: Family, step: usize },
    /// What an earlier attempt left cannot be read or used: the training begins anew.
    CheckpointUnusable { family: Family, error: String },
    /// Where a training stands is in the store.
    CheckpointKept { family: Family, step: usize, bytes: usize },
    /// It is not; the next one is tried in its turn.
    CheckpointNotKept { family: Family, step: usize, error: String },
    /// A training is this far, 0 to 1.
    TrainingProgress { family: Family, ratio: f64 },
    /// A training gave a run.
    TrainingFinished { family: Family, run_id: String, took: Duration, fresh: bool },
    /// A training failed.
    TrainingFailed { family: Family, error: String, r#final: bool, fresh: bool },
    /// The files of a run were gone, and training it again gave the same ones.
    ArtifactRestored { family: Family, run_id: String },
    /// The files of a run are gone, and training it again here gives others: only a backup has them.
    ArtifactLost { family: Family, run_id: String },
    /// The evaluator waits for families that were not heard of yet.
    WaitingForModels { dataset_id: String, have: Vec<Family>, missing: Vec<Family> },
    /// The evaluator decided.
    Decided { decision: Box<Decision> },
    /// A promotion or the lack of one could not be carried out; it is tried again.
    JudgingFailed { error: String },
    /// The pointer was read and names a model other than the one served.
    PointerParsed { pointer: Box<Pointer> },
    /// The pointer could not be read, or names what cannot be loaded.
    PointerRefused { error: ReloadError },
    /// A model is served from now on.
    ModelLoaded { pointer: Box<Pointer>, took: Duration, first: bool },
    /// A worker thread died; its batch is lost.
    WorkerDied { worker: String, cause: String },
}

/// Where events go.
#[derive(Clone)]
pub struct Events {
    /// Counters and gauges of the node.
    pub metrics: Arc<Metrics>,
    feed: broadcast::Sender<Event>,
}

impl Events {
    /// Events that are counted in `metrics`.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, feed: broadcast::channel(1024).0 }
    }

    /// All events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.feed.subscribe()
    }

    /// Logs, counts and forwards one event.
    pub fn emit(&self, event: Event) {
        log(&event);
        count(&self.metrics, &event);
        // nobody listening is fine: the console is only one of the readers
        let _ = self.feed.send(event);
    }
}

fn log(event: &Event) {
    match event {
        Event::DatasetPublished { identifier, dataset_id, train_rows, test_rows, fresh } => {
            let event = if *fresh { "success" } else { "skip_idempotent" };
            tracing::info!(event, service = "preprocess", identifier, dataset_id, train_rows, test_rows);
        }
        Event::DatasetRefused { error } => tracing::error!(event = "failure", service = "preprocess", error),
        Event::LeaseAcquired { family, dataset_id, epoch, attempts } => {
            tracing::info!(event = "lease_acquired", service = "train", model_type = %family, dataset_id, epoch, attempts)
        }
        Event::LeaseTakenOver { family, dataset_id, epoch, attempts, from } => {
            tracing::warn!(event = "lease_taken_over", service = "train", model_type = %family, dataset_id, epoch, attempts, from)
        }
        Event::LeaseLost { family, dataset_id, epoch } => {
            tracing::warn!(event = "lease_lost", service = "train", model_type = %family, dataset_id, epoch)
        }
        Event::TrainingStarted { family, dataset_id } => {
            tracing::info!(event = "train_start", service = "train", model_type = %family, dataset_id)
        }
        Event::TrainingResumed { family, step } => {
            tracing::info!(event = "training_resumed", service = "train", model_type = %family, step)
        }
        Event::CheckpointUnusable { family, error } => {
            tracing::warn!(event = "checkpoint_unusable", service = "train", model_type = %family, error)
        }
        Event::CheckpointKept { family, step, bytes } => {
            tracing::info!(event = "checkpoint_stored", service = "train", model_type = %family, step, bytes)
        }
        Event::CheckpointNotKept { family, step, error } => {
            tracing::warn!(event = "checkpoint_store_fail", service = "train", model_type = %family, step, error)
        }
        Event::TrainingProgress { family, ratio } => {
            tracing::debug!(event = "train_progress", service = "train", model_type = %family, ratio)
        }
        Event::TrainingFinished { family, run_id, took, fresh } => {
            let event = if *fresh { "train_complete" } else { "train_skip_duplicate" };
            tracing::info!(event, service = "train", model_type = %family, run_id, duration_ms = took.as_millis() as u64);
        }
        Event::TrainingFailed { family, error, fresh: false, .. } => {
            tracing::info!(event = "train_skip_duplicate", service = "train", model_type = %family, error)
        }
        Event::TrainingFailed { family, error, r#final, .. } => {
            tracing::error!(event = "train_error", service = "train", model_type = %family, error, r#final)
        }
        Event::ArtifactRestored { family, run_id } => {
            tracing::warn!(event = "artifact_restored", service = "train", model_type = %family, run_id)
        }
        Event::ArtifactLost { family, run_id } => {
            tracing::error!(event = "artifact_lost", service = "train", model_type = %family, run_id)
        }
        Event::WaitingForModels { dataset_id, have, missing } => {
            tracing::info!(
                event = "promotion_waiting_for_models",
                service = "eval",
                dataset_id,
                have = names(have),
                missing = names(missing)
            );
        }
        Event::Decided { decision } => tracing::info!(
            event = "promotion_decision",
            service = "eval",
            identifier = decision.identifier,
            seq = decision.seq,
            generation = decision.generation,
            decision = %decision.decision,
            reason = decision.reason
        ),
        Event::JudgingFailed { error } => tracing::error!(event = "promotion_error", service = "eval", error),
        Event::PointerParsed { pointer } => {
            tracing::info!(
                event = "promotion_pointer_parsed",
                service = "inference",
                run_id = pointer.run_id,
                config_hash = pointer.config_hash,
                generation = pointer.generation
            );
        }
        Event::PointerRefused { error } => {
            let event = match error {
                ReloadError::Absent(_) => "promotion_manifest_absent",
                ReloadError::Store(_) => "promotion_pointer_fetch_fail",
                ReloadError::Unreadable(_) => "promotion_pointer_parse_fail",
                ReloadError::NotLoaded(_) => "promotion_model_load_fail",
            };
            tracing::warn!(event, service = "inference", error = %error);
        }
        Event::ModelLoaded { pointer, took, first } => {
            let event = if *first { "promotion_model_loaded_startup" } else { "promotion_model_loaded" };
            tracing::info!(event, service = "inference", run_id = pointer.run_id, model_type = %pointer.model_type, generation = pointer.generation, duration_ms = took.as_millis() as u64);
        }
        Event::WorkerDied { worker, cause } => {
            tracing::error!(event = "worker_died", service = "inference", actor = worker, cause)
        }
    }
}

fn names(families: &[Family]) -> String {
    families.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(",")
}

fn count(metrics: &Metrics, event: &Event) {
    match event {
        Event::TrainingStarted { family, .. } => {
            metrics.training_progress_ratio.with_label_values(&[family.as_str()]).set(0.0)
        }
        Event::TrainingProgress { family, ratio } => {
            metrics.training_progress_ratio.with_label_values(&[family.as_str()]).set(*ratio)
        }
        Event::TrainingResumed { family, .. } => checkpoint(metrics, *family, "resumed"),
        Event::CheckpointUnusable { family, .. } => checkpoint(metrics, *family, "unusable"),
        Event::CheckpointKept { family, .. } => checkpoint(metrics, *family, "kept"),
        Event::CheckpointNotKept { family, .. } => checkpoint(metrics, *family, "not_kept"),
        Event::TrainingFinished { family, took, fresh, .. } => {
            let outcome = if *fresh { "finished" } else { "skipped" };
            metrics.training_runs_total.with_label_values(&[family.as_str(), outcome]).inc();
            if *fresh {
                metrics.training_seconds.with_label_values(&[family.as_str()]).observe(took.as_secs_f64());
            }
            metrics.training_progress_ratio.with_label_values(&[family.as_str()]).set(1.0);
        }
        Event::LeaseLost { family, .. } => {
            metrics.training_runs_total.with_label_values(&[family.as_str(), "lease_lost"]).inc()
        }
        Event::TrainingFailed { family, fresh, .. } => {
            let outcome = if *fresh { "failed" } else { "skipped" };
            metrics.training_runs_total.with_label_values(&[family.as_str(), outcome]).inc()
        }
        Event::Decided { decision } => {
            metrics.promotions_total.with_label_values(&[decision.decision.as_str()]).inc();
            let champion = decision.pointer.as_ref().map(|pointer| &pointer.run_id);
            // a champion that was kept was scored again, on other rows than those that it was promoted on
            let judged = decision.scoreboard.iter().find(|candidate| Some(&candidate.run_id) == champion);
            if let Some((judged, measured)) = judged.and_then(|judged| Some((judged, judged.metrics?))) {
                let score = judged.score.unwrap_or(f64::NAN);
                for (metric, value) in
                    [("rmse", measured.rmse), ("mae", measured.mae), ("mse", measured.mse), ("score", score)]
                {
                    metrics.champion_score.with_label_values(&[decision.identifier.as_str(), metric]).set(value);
                }
            }
        }
        Event::ModelLoaded { pointer, .. } => {
            metrics.model_loaded.set(1);
            metrics.model_info.reset();
            metrics
                .model_info
                .with_label_values(&[
                    pointer.identifier.as_str(),
                    pointer.run_id.as_str(),
                    pointer.config_hash.as_str(),
                    pointer.model_type.as_str(),
                    &pointer.generation.to_string(),
                ])
                .set(1);
        }
        _ => {}
    }
}

fn checkpoint(metrics: &Metrics, family: Family, outcome: &str) {
    metrics.training_checkpoints_total.with_label_values(&[family.as_str(), outcome]).inc();
}
