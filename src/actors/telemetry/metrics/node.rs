//! Every Prometheus series of a node, in a registry of its own, touched at start so that none is absent.

use std::sync::Arc;

use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    TextEncoder,
};

use crate::actors::shared::{BROKER, OBJECT_STORE};
use crate::actors::topology::Planned;
use crate::forecast::Family;
use crate::storage::Ruling;

use super::kafka::KafkaSeries;
use super::object_store::StoreSeries;
use super::series::{counter, counters, float_gauges, gauge, gauges, histogram, histograms, int_gauge};

const LATENCY_BUCKETS_SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
const TRAINING_BUCKETS_SECONDS: [f64; 10] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 7200.0];

/// The worker threads of the pool, which share one restart series.
pub const WORKERS: &str = "inference-worker";

/// How an actor can end: the closed label set of `flts_actor_restarts_total`.
const EXIT_CAUSES: [&str; 6] = ["finished", "drained", "late", "failed", "panicked", "unresponsive"];

/// How a `/predict` job can end: the closed label set of `inference_jobs_outcome_total`.
pub const OUTCOMES: [&str; 6] = ["success", "queue_full", "timeout", "client_error", "worker_died", "server_error"];

/// Counters, gauges and histograms of one node.
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct Metrics {
    registry: Registry,
    pub build_info: IntGaugeVec,
    pub model_loaded: IntGauge,
    pub queue_length: IntGauge,
    pub queue_oldest_wait_seconds: Gauge,
    pub workers_total: IntGauge,
    pub workers_busy: IntGauge,
    pub workers_idle: IntGauge,
    pub latency_seconds: Histogram,
    pub queue_wait_seconds: Histogram,
    pub compute_seconds: Histogram,
    pub batch_rows: Histogram,
    pub jobs_outcome_total: IntCounterVec,
    pub error_500_total: IntCounter,
    pub avg_exec_ms: Gauge,
    pub model_info: IntGaugeVec,
    pub promotion_lag_seconds: Gauge,
    pub http_requests_total: IntCounterVec,
    pub http_request_duration_seconds: HistogramVec,
    pub http_requests_in_flight: IntGauge,
    pub actor_up: IntGaugeVec,
    pub actor_restarts_total: IntCounterVec,
    pub actor_state_age_seconds: GaugeVec,
    pub ready: IntGaugeVec,
    pub training_seconds: HistogramVec,
    pub training_progress_ratio: GaugeVec,
    pub training_runs_total: IntCounterVec,
    pub training_checkpoints_total: IntCounterVec,
    pub promotions_total: IntCounterVec,
    pub champion_score: GaugeVec,
    pub kafka: KafkaSeries,
    pub object_store: Arc<StoreSeries>,
}

impl Metrics {
    /// Registers every series.
    ///
    /// # Errors
    /// Two series of one name, which only a mistake in this file can cause.
    pub fn new() -> prometheus::Result<Self> {
        let r = Registry::new();
        r.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let metrics = Self {
            build_info: gauges(
                &r,
                "flts_build_info",
                "1 for the version and the git commit of the program",
                &["version", "commit"],
            )?,
            model_loaded: int_gauge(&r, "inference_model_loaded", "1 while a model is served")?,
            queue_length: int_gauge(&r, "inference_queue_length", "rows that wait in the job queue")?,
            queue_oldest_wait_seconds: gauge(
                &r,
                "inference_queue_oldest_wait_seconds",
                "how long the oldest queued job has waited",
            )?,
            workers_total: int_gauge(&r, "inference_workers_total", "worker threads of the pool")?,
            workers_busy: int_gauge(&r, "inference_workers_busy", "worker threads with a batch in hand")?,
            workers_idle: int_gauge(&r, "inference_workers_idle", "worker threads that wait for work")?,
            latency_seconds: histogram(
                &r,
                "inference_latency_seconds",
                "queue and compute time of a job: what the caller feels",
                &LATENCY_BUCKETS_SECONDS,
            )?,
            queue_wait_seconds: histogram(
                &r,
                "inference_queue_wait_seconds",
                "time a job waited for a worker",
                &LATENCY_BUCKETS_SECONDS,
            )?,
            compute_seconds: histogram(
                &r,
                "inference_compute_seconds",
                "time of one batch in the model",
                &LATENCY_BUCKETS_SECONDS,
            )?,
            batch_rows: histogram(
                &r,
                "inference_batch_rows",
                "forecasts in one batch",
                &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0],
            )?,
            jobs_outcome_total: counters(
                &r,
                "inference_jobs_outcome_total",
                "forecast requests by outcome",
                &["outcome"],
            )?,
            error_500_total: counter(&r, "inference_error_500_total", "requests answered with 500")?,
            avg_exec_ms: gauge(&r, "inference_avg_exec_ms", "moving average of the time one batch takes in the model")?,
            model_info: gauges(
                &r,
                "inference_model_info",
                "the model that is served",
                &["identifier", "run_id", "config_hash", "model_type", "generation"],
            )?,
            promotion_lag_seconds: gauge(
                &r,
                "inference_promotion_lag_seconds",
                "time from the last decision to its model being served here",
            )?,
            http_requests_total: counters(
                &r,
                "http_requests_total",
                "HTTP requests by route, method and status",
                &["route", "method", "status"],
            )?,
            http_request_duration_seconds: histograms(
                &r,
                "http_request_duration_seconds",
                "time to answer a request",
                &["route"],
                &LATENCY_BUCKETS_SECONDS,
            )?,
            http_requests_in_flight: int_gauge(&r, "http_requests_in_flight", "requests being answered")?,
            actor_up: gauges(&r, "flts_actor_up", "1 while the actor runs", &["actor"])?,
            actor_restarts_total: counters(
                &r,
                "flts_actor_restarts_total",
                "ends of an actor, or of a thread that was not told to end, by cause",
                &["actor", "cause"],
            )?,
            actor_state_age_seconds: float_gauges(
                &r,
                "flts_actor_state_age_seconds",
                "time since the actor last told its state",
                &["actor"],
            )?,
            ready: gauges(&r, "flts_ready", "1 while the latch is open, or the dependency answers", &["latch"])?,
            training_seconds: histograms(
                &r,
                "flts_training_seconds",
                "time of one training",
                &["model_type"],
                &TRAINING_BUCKETS_SECONDS,
            )?,
            training_progress_ratio: float_gauges(
                &r,
                "flts_training_progress_ratio",
                "how far the current training is",
                &["model_type"],
            )?,
            training_runs_total: counters(
                &r,
                "flts_training_runs_total",
                "trainings by outcome",
                &["model_type", "outcome"],
            )?,
            training_checkpoints_total: counters(
                &r,
                "flts_training_checkpoints_total",
                "checkpoints of trainings by outcome",
                &["model_type", "outcome"],
            )?,
            promotions_total: counters(
                &r,
                "flts_promotions_total",
                "decisions that this process took, by kind",
                &["decision"],
            )?,
            champion_score: float_gauges(
                &r,
                "flts_champion_score",
                "metrics of the champion at its last judgement",
                &["identifier", "metric"],
            )?,
            kafka: KafkaSeries::register(&r)?,
            object_store: Arc::new(StoreSeries::new(&r)?),
            registry: r,
        };
        metrics.touch();
        Ok(metrics)
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut buffer = Vec::new();
        // writing into memory cannot fail; an unencodable family would leave the buffer as it was
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut buffer);
        String::from_utf8_lossy(&buffer).into_owned()
    }

    /// Makes the series of all actors of a node and of their threads present.
    pub fn touch_actors(&self, plan: &[Planned]) {
        self.kafka.touch(plan);
        for actor in plan {
            self.actor_up.with_label_values(&[actor.name.as_str()]).set(0);
            self.actor_state_age_seconds.with_label_values(&[actor.name.as_str()]);
            let threads = actor.threads.iter().filter(|thread| !thread.starts_with(WORKERS));
            threads.chain([&actor.name]).for_each(|name| self.touch_restarts(name));
        }
    }

    fn touch_restarts(&self, name: &str) {
        for cause in EXIT_CAUSES {
            self.actor_restarts_total.with_label_values(&[name, cause]);
        }
    }

    fn touch(&self) {
        for dependency in [BROKER, OBJECT_STORE] {
            self.ready.with_label_values(&[dependency]);
        }
        for outcome in OUTCOMES {
            self.jobs_outcome_total.with_label_values(&[outcome]);
        }
        for family in Family::ALL {
            self.training_progress_ratio.with_label_values(&[family.as_str()]);
            self.training_seconds.with_label_values(&[family.as_str()]);
            for outcome in ["finished", "skipped", "failed", "lease_lost"] {
                self.training_runs_total.with_label_values(&[family.as_str(), outcome]);
            }
            for outcome in ["kept", "not_kept", "resumed", "unusable"] {
                self.training_checkpoints_total.with_label_values(&[family.as_str(), outcome]);
            }
        }
        self.touch_restarts(WORKERS);
        for ruling in Ruling::ALL {
            self.promotions_total.with_label_values(&[ruling.as_str()]);
        }
    }
}
