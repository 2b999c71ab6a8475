//! The series of the inference pool and of the requests that it answers.

use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry};

use super::series::{LATENCY_BUCKETS_SECONDS, counter, counters, gauge, gauges, histogram, int_gauge};

const BATCH_BUCKETS_ROWS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// How a `/predict` job can end: the closed label set of `inference_jobs_outcome_total`.
const OUTCOMES: [&str; 6] = ["success", "queue_full", "timeout", "client_error", "worker_died", "server_error"];

/// Queue, workers, jobs and model of the pool.
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct PoolSeries {
    pub model_loaded: IntGauge,
    pub model_fallback: IntGauge,
    pub model_provisional: IntGauge,
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
}

impl PoolSeries {
    /// Registers every series, and makes those of all outcomes present.
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        let model = ["identifier", "run_id", "config_hash", "model_type", "generation"];
        let latency = |name, help| histogram(r, name, help, &LATENCY_BUCKETS_SECONDS);
        let series = Self {
            model_loaded: int_gauge(r, "inference_model_loaded", "1 while a model is served")?,
            model_fallback: int_gauge(
                r,
                "inference_model_fallback",
                "1 while a naive method is served because no model beats the naive methods",
            )?,
            model_provisional: int_gauge(
                r,
                "inference_model_provisional",
                "1 while a model is served that was promoted before all expected families were judged",
            )?,
            queue_length: int_gauge(r, "inference_queue_length", "rows that wait in the job queue")?,
            queue_oldest_wait_seconds: gauge(
                r,
                "inference_queue_oldest_wait_seconds",
                "how long the oldest queued job has waited",
            )?,
            workers_total: int_gauge(r, "inference_workers_total", "worker threads of the pool")?,
            workers_busy: int_gauge(r, "inference_workers_busy", "worker threads with a batch in hand")?,
            workers_idle: int_gauge(r, "inference_workers_idle", "worker threads that wait for work")?,
            latency_seconds: latency(
                "inference_latency_seconds",
                "queue and compute time of a job: what the caller feels",
            )?,
            queue_wait_seconds: latency("inference_queue_wait_seconds", "time a job waited for a worker")?,
            compute_seconds: latency("inference_compute_seconds", "time of one batch in the model")?,
            batch_rows: histogram(r, "inference_batch_rows", "forecasts in one batch", &BATCH_BUCKETS_ROWS)?,
            jobs_outcome_total: counters(
                r,
                "inference_jobs_outcome_total",
                "forecast requests by outcome",
                &["outcome"],
            )?,
            error_500_total: counter(r, "inference_error_500_total", "requests answered with 500")?,
            avg_exec_ms: gauge(r, "inference_avg_exec_ms", "moving average of the time one batch takes in the model")?,
            model_info: gauges(r, "inference_model_info", "the model that is served", &model)?,
            promotion_lag_seconds: gauge(
                r,
                "inference_promotion_lag_seconds",
                "time from the last decision to its model being served here",
            )?,
        };
        for outcome in OUTCOMES {
            series.jobs_outcome_total.with_label_values(&[outcome]);
        }
        Ok(series)
    }
}
