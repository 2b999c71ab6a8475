//! The log line of each event: its level, its service, its name and its fields. The names are the original's where it has the event.

use crate::forecast::Family;

use super::event::{Event, PointerFault};

/// A line of one of the services `preprocess`, `train`, `eval` and `inference`.
macro_rules! log_line {
    ($level:ident, $service:literal, $event:expr, $($fields:tt)*) => {
        tracing::$level!(event = $event, service = $service, $($fields)*)
    };
}

/// A line about the training of a family.
macro_rules! train {
    ($level:ident, $event:expr, $family:expr, $($fields:tt)*) => {
        log_line!($level, "train", $event, model_type = %$family, $($fields)*)
    };
}

/// Logs one event.
#[rustfmt::skip]
pub fn log(event: &Event) {
    use Event as E;
    match event {
        E::DatasetPublished { identifier, dataset_id, train_rows, test_rows, fresh } => {
            let event = if *fresh { "success" } else { "skip_idempotent" };
            log_line!(info, "preprocess", event, identifier, dataset_id, train_rows, test_rows);
        }
        E::DatasetRefused { error } => log_line!(error, "preprocess", "failure", error),

        E::LeaseAcquired { family, dataset_id, epoch, attempts } => train!(info, "lease_acquired", family, dataset_id, epoch, attempts),
        E::LeaseTakenOver { family, dataset_id, epoch, attempts, from } => train!(warn, "lease_taken_over", family, dataset_id, epoch, attempts, from),
        E::LeaseLost { family, dataset_id, epoch } => train!(warn, "lease_lost", family, dataset_id, epoch),
        E::TrainingStarted { family, dataset_id } => train!(info, "train_start", family, dataset_id),
        E::TrainingResumed { family, step } => train!(info, "training_resumed", family, step),
        E::CheckpointUnusable { family, error } => train!(warn, "checkpoint_unusable", family, error),
        E::CheckpointKept { family, step, bytes } => train!(info, "checkpoint_stored", family, step, bytes),
        E::CheckpointNotKept { family, step, error } => train!(warn, "checkpoint_store_fail", family, step, error),
        E::TrainingProgress { family, ratio } => train!(debug, "train_progress", family, ratio),
        E::TrainingFinished { family, run_id, took, fresh } => {
            let event = if *fresh { "train_complete" } else { "train_skip_duplicate" };
            train!(info, event, family, run_id, duration_ms = took.as_millis() as u64);
        }
        E::TrainingFailed { family, error, fresh: false, .. } => train!(info, "train_skip_duplicate", family, error),
        E::TrainingFailed { family, error, r#final, .. } => train!(error, "train_error", family, error, r#final),
        E::ArtifactRestored { family, run_id } => train!(warn, "artifact_restored", family, run_id),
        E::ArtifactLost { family, run_id } => train!(error, "artifact_lost", family, run_id),

        E::WaitingForModels { dataset_id, have, missing } => {
            log_line!(info, "eval", "promotion_waiting_for_models", dataset_id, have = names(have), missing = names(missing));
        }
        E::Decided { decision: d } => {
            log_line!(info, "eval", "promotion_decision", identifier = d.identifier, seq = d.seq, generation = d.generation, decision = %d.decision, fallback = d.standing.fallback, provisional = d.standing.provisional, reason = d.reason);
        }
        E::JudgingFailed { error } => log_line!(error, "eval", "promotion_error", error),

        E::PointerParsed { pointer: p } => {
            log_line!(info, "inference", "promotion_pointer_parsed", run_id = p.run_id, config_hash = p.config_hash, generation = p.generation);
        }
        E::PointerRefused { fault, error } => log_line!(warn, "inference", refusal(*fault), error = %error),
        E::ModelLoaded { pointer: p, input_rows, took, first } => {
            let event = if *first { "promotion_model_loaded_startup" } else { "promotion_model_loaded" };
            log_line!(info, "inference", event, run_id = p.run_id, model_type = %p.model_type, generation = p.generation, duration_ms = took.as_millis() as u64);
            let model_class = if p.model_type.is_naive() { "baseline" } else { "trained" };
            log_line!(info, "inference", "promotion_model_enriched", run_id = p.run_id, model_type = %p.model_type, model_class, input_seq_len = input_rows);
        }
        E::WorkerDied { worker, cause } => log_line!(error, "inference", "worker_died", actor = worker, cause),
    }
}

fn refusal(fault: PointerFault) -> &'static str {
    match fault {
        PointerFault::Absent => "promotion_manifest_absent",
        PointerFault::Store => "promotion_pointer_fetch_fail",
        PointerFault::Unreadable => "promotion_pointer_parse_fail",
        PointerFault::NotLoaded => "promotion_model_load_fail",
    }
}

fn names(families: &[Family]) -> String {
    families.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(",")
}
