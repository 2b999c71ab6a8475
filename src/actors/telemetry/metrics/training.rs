//! The series of trainings and of the promotions that they lead to.

use prometheus::{GaugeVec, HistogramVec, IntCounterVec, Registry};

use crate::forecast::Family;
use crate::storage::DecisionKind;

use super::series::{counters, float_gauges, histograms};

const TRAINING_BUCKETS_SECONDS: [f64; 10] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 7200.0];

/// How a training can end: the closed label set of `flts_training_runs_total`.
const RUN_OUTCOMES: [&str; 4] = ["finished", "skipped", "failed", "lease_lost"];
/// What can become of a checkpoint: the closed label set of `flts_training_checkpoints_total`.
const CHECKPOINT_OUTCOMES: [&str; 4] = ["kept", "not_kept", "resumed", "unusable"];

/// Trainings, checkpoints, decisions and the champion.
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct TrainingSeries {
    pub seconds: HistogramVec,
    pub progress_ratio: GaugeVec,
    pub runs_total: IntCounterVec,
    pub checkpoints_total: IntCounterVec,
    pub promotions_total: IntCounterVec,
    pub champion_score: GaugeVec,
}

impl TrainingSeries {
    /// Registers every series, and makes those of all families and decisions present.
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        let outcomes = ["model_type", "outcome"];
        let series = Self {
            seconds: histograms(
                r,
                "flts_training_seconds",
                "time of one training",
                &["model_type"],
                &TRAINING_BUCKETS_SECONDS,
            )?,
            progress_ratio: float_gauges(
                r,
                "flts_training_progress_ratio",
                "how far the current training is",
                &["model_type"],
            )?,
            runs_total: counters(r, "flts_training_runs_total", "trainings by outcome", &outcomes)?,
            checkpoints_total: counters(
                r,
                "flts_training_checkpoints_total",
                "checkpoints of trainings by outcome",
                &outcomes,
            )?,
            promotions_total: counters(
                r,
                "flts_promotions_total",
                "decisions that this process took, by kind",
                &["decision"],
            )?,
            champion_score: float_gauges(
                r,
                "flts_champion_score",
                "metrics of the champion at its last judgement",
                &["identifier", "metric"],
            )?,
        };
        series.create_series();
        Ok(series)
    }

    fn create_series(&self) {
        for family in Family::ALL {
            let family = family.as_str();
            self.progress_ratio.with_label_values(&[family]);
            self.seconds.with_label_values(&[family]);
            for outcome in RUN_OUTCOMES {
                self.runs_total.with_label_values(&[family, outcome]);
            }
            for outcome in CHECKPOINT_OUTCOMES {
                self.checkpoints_total.with_label_values(&[family, outcome]);
            }
        }
        for kind in DecisionKind::ALL {
            self.promotions_total.with_label_values(&[kind.as_str()]);
        }
    }
}
