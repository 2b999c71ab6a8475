//! How each event changes the metrics.

use crate::forecast::Family;
use crate::storage::{Decision, Pointer};

use super::event::Event;
use super::metrics::Metrics;

/// Counts one event in the metrics of the node.
pub fn count(metrics: &Metrics, event: &Event) {
    let training = &metrics.training;
    let progress = |family: &Family, ratio| training.progress_ratio.with_label_values(&[family.as_str()]).set(ratio);
    let run = |family: &Family, outcome| training.runs_total.with_label_values(&[family.as_str(), outcome]).inc();
    let checkpoint =
        |family: &Family, outcome| training.checkpoints_total.with_label_values(&[family.as_str(), outcome]).inc();
    match event {
        Event::TrainingStarted { family, .. } => progress(family, 0.0),
        Event::TrainingProgress { family, ratio } => progress(family, *ratio),
        Event::TrainingResumed { family, .. } => checkpoint(family, "resumed"),
        Event::CheckpointUnusable { family, .. } => checkpoint(family, "unusable"),
        Event::CheckpointKept { family, .. } => checkpoint(family, "kept"),
        Event::CheckpointNotKept { family, .. } => checkpoint(family, "not_kept"),
        Event::TrainingFinished { family, took, fresh, .. } => {
            run(family, if *fresh { "finished" } else { "skipped" });
            if *fresh {
                training.seconds.with_label_values(&[family.as_str()]).observe(took.as_secs_f64());
            }
            progress(family, 1.0);
        }
        Event::TrainingFailed { family, fresh, .. } => run(family, if *fresh { "failed" } else { "skipped" }),
        Event::LeaseLost { family, .. } => run(family, "lease_lost"),
        Event::Decided { decision } => count_decision(metrics, decision),
        Event::ModelLoaded { pointer, .. } => show_model(metrics, pointer),
        _ => {}
    }
}

/// The kind of a decision, and the metrics of the champion it leaves. A champion that was kept was scored again, on other rows than
/// those it was promoted on.
fn count_decision(metrics: &Metrics, decision: &Decision) {
    metrics.training.promotions_total.with_label_values(&[decision.decision.as_str()]).inc();
    let Some(pointer) = &decision.pointer else { return };
    let Some(champion) = decision.scoreboard.iter().find(|candidate| candidate.run_id == pointer.run_id) else {
        return;
    };
    let Some(measured) = champion.metrics else { return };
    let score = champion.score.unwrap_or(f64::NAN);
    for (metric, value) in [("rmse", measured.rmse), ("mae", measured.mae), ("mse", measured.mse), ("score", score)] {
        metrics.training.champion_score.with_label_values(&[decision.identifier.as_str(), metric]).set(value);
    }
}

/// The model in service: the one series of `inference_model_info`.
fn show_model(metrics: &Metrics, pointer: &Pointer) {
    let labels = [
        pointer.identifier.as_str(),
        pointer.run_id.as_str(),
        pointer.config_hash.as_str(),
        pointer.model_type.as_str(),
        &pointer.generation.to_string(),
    ];
    metrics.pool.model_loaded.set(1);
    metrics.pool.model_fallback.set(pointer.standing.fallback.into());
    metrics.pool.model_provisional.set(pointer.standing.provisional.into());
    metrics.pool.model_info.reset();
    metrics.pool.model_info.with_label_values(&labels).set(1);
}
