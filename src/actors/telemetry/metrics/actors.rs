//! The series of the actors of a node, their threads and the readiness of the node.

use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Registry};

use crate::actors::telemetry::dependencies::{BROKER, OBJECT_STORE};

use super::series::{counters, float_gauges, gauges};

/// The worker threads of the pool, which share one restart series.
pub const WORKERS: &str = "inference-worker";

/// How an actor can end: the closed label set of `flts_actor_restarts_total`.
const EXIT_CAUSES: [&str; 6] = ["finished", "drained", "late", "failed", "panicked", "unresponsive"];

/// What the series of one actor are labelled with.
pub struct ActorLabels<'a> {
    /// Its name.
    pub actor: &'a str,
    /// The names of the threads that it owns.
    pub threads: &'a [String],
    /// The topic that it reads, and its consumer group; without a group it reads every record.
    pub reads: Option<(&'a str, Option<&'a str>)>,
}

/// Actors and readiness.
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct ActorSeries {
    pub up: IntGaugeVec,
    pub restarts_total: IntCounterVec,
    pub state_age_seconds: GaugeVec,
    pub ready: IntGaugeVec,
}

impl ActorSeries {
    /// Registers every series, and makes those of the dependencies and of the worker threads present.
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        let series = Self {
            up: gauges(r, "flts_actor_up", "1 while the actor runs", &["actor"])?,
            restarts_total: counters(
                r,
                "flts_actor_restarts_total",
                "ends of an actor, and unexpected ends of a thread, by cause",
                &["actor", "cause"],
            )?,
            state_age_seconds: float_gauges(
                r,
                "flts_actor_state_age_seconds",
                "time since the actor last reported its state",
                &["actor"],
            )?,
            ready: gauges(r, "flts_ready", "1 while the latch is open, or the dependency answers", &["latch"])?,
        };
        for dependency in [BROKER, OBJECT_STORE] {
            series.ready.with_label_values(&[dependency]);
        }
        series.create_restart_series(WORKERS);
        Ok(series)
    }

    /// Makes the series of one actor and of its threads present.
    pub(super) fn create_series(&self, labels: &ActorLabels) {
        self.up.with_label_values(&[labels.actor]).set(0);
        self.state_age_seconds.with_label_values(&[labels.actor]);
        self.create_restart_series(labels.actor);
        labels
            .threads
            .iter()
            .filter(|thread| !thread.starts_with(WORKERS))
            .for_each(|name| self.create_restart_series(name));
    }

    fn create_restart_series(&self, name: &str) {
        for cause in EXIT_CAUSES {
            self.restarts_total.with_label_values(&[name, cause]);
        }
    }
}
