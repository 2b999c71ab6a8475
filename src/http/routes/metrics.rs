//! `GET /metrics` and `GET /prometheus`, and the JSON of the replaced system: `GET /queue_stats`, `GET /predict_ping`.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::{HeaderMap, header};
use warp::reply::{Reply, Response};

use crate::actors::Serving;
use crate::http::api::{Api, InferenceApi};
use crate::http::server::{ApiError, ApiRequest, Operation, json_response};
use crate::runtime::Durations;

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is measured, by the names of the system FLTS replaces.
#[derive(Serialize, ToSchema)]
struct Stats {
    #[schema(example = "ok")]
    status: &'static str,
    build_version: &'static str,
    model_loaded: bool,
    current_run_id: Option<String>,
    current_model_type: Option<String>,
    /// Hash of the preprocessing configuration of the model.
    current_model_hash: Option<String>,
    /// Generation of the pointer that is followed.
    current_generation: Option<u64>,
    /// Rows that wait.
    queue_length: usize,
    /// Rows that may wait.
    max_queue: usize,
    /// Threads of the pool.
    workers: usize,
    /// Threads with a batch in hand.
    active: usize,
    /// Threads with a batch in hand.
    active_jobs: usize,
    /// Forecasts made.
    completed: u64,
    /// Requests answered 429.
    rejected: u64,
    /// Requests answered 504.
    timeouts: u64,
    /// Requests answered 500.
    error_500_total: u64,
    /// Answers that were not computed: none, since there is no cache so far.
    served_cached: u64,
    /// Mean time in the queue.
    average_queue_wait_ms: f64,
    /// Times in the queue, since the start.
    avg_wait_ms: f64,
    last_wait_ms: f64,
    max_wait_ms: f64,
    /// Times to read and prepare the rows of a request, since the start.
    avg_prep_ms: f64,
    last_prep_ms: f64,
    max_prep_ms: f64,
    /// Moving average of the time of a batch in the model.
    avg_exec_ms: f64,
    /// Times of a batch in the model, since the start.
    last_inference_duration_ms: f64,
    max_exec_ms: f64,
    /// How late the timers of the process fired, since the start.
    event_loop_lag_avg_ms: f64,
    event_loop_lag_last_ms: f64,
    event_loop_lag_max_ms: f64,
}

/// The state of the queue, with the names of both.
#[derive(Serialize, ToSchema)]
struct QueueStats {
    #[serde(flatten)]
    stats: Stats,
    /// Rows that wait.
    qsize: usize,
    /// Rows that may wait.
    maxsize: usize,
}

/// Whether a forecast could be made now.
#[derive(Serialize, ToSchema)]
struct Ping {
    #[schema(example = "ok")]
    status: &'static str,
    model_loaded: bool,
    /// Always false: a forecast starts from the rows of its request.
    has_df: bool,
    /// Whether every thread has a batch in hand.
    busy: bool,
    /// Threads with a batch in hand.
    active_jobs: usize,
    /// Rows that the model looks at.
    input_seq_len: Option<usize>,
    /// Steps that it forecasts at once.
    output_seq_len: Option<usize>,
}

/// The description of `GET /metrics`.
pub fn operation() -> Operation {
    Operation::new("metrics", "What is measured")
        .about("The text format of Prometheus; with `accept: application/json` the JSON of the system FLTS replaces.")
        .answers::<Stats>(200, "The measurements")
        .answers_text(200, "The measurements", PROMETHEUS)
}

/// `GET /metrics`.
pub async fn metrics(request: ApiRequest) -> Result<Response, ApiError> {
    if prefers_json(&request.headers) { json_response(&stats(&request.api)) } else { Ok(prometheus_text(&request.api)) }
}

/// The description of `GET /prometheus`.
pub fn prometheus_operation() -> Operation {
    Operation::new("prometheus", "What is measured, for Prometheus").answers_text(200, "The measurements", PROMETHEUS)
}

/// `GET /prometheus`.
pub async fn prometheus(request: ApiRequest) -> Result<Response, ApiError> {
    Ok(prometheus_text(&request.api))
}

/// The description of `GET /queue_stats`.
pub fn queue_stats_operation() -> Operation {
    Operation::new("queue_stats", "The state of the queue").answers::<QueueStats>(200, "The state of the queue")
}

/// `GET /queue_stats`.
pub async fn queue_stats(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let queue = inference.serving.queue();
    json_response(&QueueStats { stats: stats(&request.api), qsize: queue.rows(), maxsize: queue.max_rows() })
}

/// The description of `GET /predict_ping`.
pub fn ping_operation() -> Operation {
    Operation::new("predict_ping", "Whether a forecast could be made now").answers::<Ping>(200, "The state of the pool")
}

/// `GET /predict_ping`.
pub async fn ping(inference: InferenceApi, _: ApiRequest) -> Result<Response, ApiError> {
    let (workers, busy) = inference.serving.workers();
    let served = inference.serving.served();
    json_response(&Ping {
        status: "ok",
        model_loaded: served.is_some(),
        has_df: false,
        busy: busy >= workers,
        active_jobs: busy,
        input_seq_len: served.as_ref().map(|served| served.manifest.input_rows),
        output_seq_len: served.as_ref().map(|served| served.manifest.output_rows),
    })
}

fn prometheus_text(api: &Api) -> Response {
    let metrics = &api.services.events.metrics;
    if let Some(inference) = &api.inference {
        inference.serving.refresh_gauges();
    }
    metrics.memory.refresh(&api.services.memory.states());
    let health = &api.services.health;
    for (latch, open) in health.latches().into_iter().chain(health.dependencies()) {
        metrics.actors.ready.with_label_values(&[latch.as_str()]).set(i64::from(open));
    }
    for (actor, age) in api.supervisor.state_ages() {
        metrics.actors.state_age_seconds.with_label_values(&[actor]).set(age.as_secs_f64());
    }
    warp::reply::with_header(metrics.text(), header::CONTENT_TYPE, PROMETHEUS).into_response()
}

fn stats(api: &Api) -> Stats {
    let metrics = &api.services.events.metrics;
    let serving = api.inference.as_ref().map(|inference| &inference.serving);
    let served = serving.and_then(|serving| serving.served());
    let (workers, active) = serving.map_or((0, 0), |serving| serving.workers());
    let outcome = |outcome: &str| metrics.pool.jobs_outcome_total.with_label_values(&[outcome]).get();
    let waits = &metrics.pool.queue_wait_seconds;
    let lag = api.timer_lag.durations();
    let none = Durations::default();
    let of_pool = |of: fn(&Serving) -> &Durations| serving.map_or(&none, of);
    let (queued, prepared, batches) =
        (of_pool(Serving::waits), of_pool(Serving::preparations), of_pool(Serving::batches));
    Stats {
        status: "ok",
        build_version: env!("CARGO_PKG_VERSION"),
        model_loaded: served.is_some(),
        current_run_id: served.as_ref().map(|served| served.manifest.lineage.run_id.clone()),
        current_model_type: served.as_ref().map(|served| served.manifest.model_type.to_string()),
        current_model_hash: served.as_ref().map(|served| served.manifest.lineage.config_hash.clone()),
        current_generation: served.as_ref().map(|served| served.generation),
        queue_length: serving.map_or(0, |serving| serving.depth_rows()),
        max_queue: serving.map_or(0, |serving| serving.queue().max_rows()),
        workers,
        active,
        active_jobs: active,
        completed: serving.map_or(0, |serving| serving.completed()),
        rejected: outcome("queue_full"),
        timeouts: outcome("timeout"),
        error_500_total: metrics.pool.error_500_total.get(),
        average_queue_wait_ms: waits.get_sample_sum() * 1e3 / waits.get_sample_count().max(1) as f64,
        served_cached: 0,
        avg_wait_ms: queued.mean_ms(),
        last_wait_ms: queued.last_ms(),
        max_wait_ms: queued.longest_ms(),
        avg_prep_ms: prepared.mean_ms(),
        last_prep_ms: prepared.last_ms(),
        max_prep_ms: prepared.longest_ms(),
        avg_exec_ms: metrics.pool.avg_exec_ms.get(),
        last_inference_duration_ms: batches.last_ms(),
        max_exec_ms: batches.longest_ms(),
        event_loop_lag_avg_ms: lag.mean_ms(),
        event_loop_lag_last_ms: lag.last_ms(),
        event_loop_lag_max_ms: lag.longest_ms(),
    }
}

/// Whether the header `accept` names JSON with at least the quality of text.
fn prefers_json(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let (mut json, mut text) = (0.0, 0.0);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match kind {
            "application/json" => json = quality,
            "text/plain" => text = quality,
            _ => {}
        }
    }
    json > 0.0 && json >= text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_given_to_those_who_name_it() {
        let prefers = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, warp::http::HeaderValue::from_static(accept));
            prefers_json(&headers)
        };
        assert!(prefers("application/json"));
        assert!(prefers("text/html, application/json;q=0.9, */*;q=0.1"));
        assert!(!prefers("*/*"));
        assert!(!prefers("application/json;q=0"));
        assert!(!prefers("application/json;q=0.5, text/plain"));
        let prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert!(!prefers(prometheus));
    }
}
