//! `POST /predict`: rows in, the forecast that starts after the last row out.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::Metrics;
use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, MODEL_NOT_LOADED, json_response};

use super::answer::answer;
use super::body::{horizon_in, timeout};
use super::prepare::{prepare_known, read_and_prepare};

/// The path of the route.
pub const PATH: &str = "/predict";

/// `POST /predict`. The outcome is counted and logged.
pub async fn predict(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let count = Outcome::begin(&request);
    count.end(forecast_rows(&inference, request).await)
}

/// `GET /forecast[/{identifier}]`: after the newest rows that are stored. The outcome is counted and logged.
pub async fn forecast_known(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let count = Outcome::begin(&request);
    count.end(forecast_after_known(&inference, request).await)
}

async fn forecast_rows(inference: &InferenceApi, request: ApiRequest) -> Result<Value, ApiError> {
    let received = Instant::now();
    let request_id = request.request_id.clone();
    // a header that cannot be read is refused with the body
    let timeout = timeout(&request.headers).ok().flatten().unwrap_or(inference.predict.timeout);
    let deadline = received + timeout;
    let prepared = read_and_prepare(inference, request, deadline).await?;
    inference.serving.observe_preparation(received.elapsed());
    answer(inference, prepared, deadline, &request_id).await
}

async fn forecast_after_known(inference: &InferenceApi, request: ApiRequest) -> Result<Value, ApiError> {
    let deadline = Instant::now() + timeout(&request.headers)?.unwrap_or(inference.predict.timeout);
    let (identifier, horizon) = (request.identifier()?, horizon_in(&request.query, "horizon")?.unwrap_or(1));
    let prepared = prepare_known(inference, identifier, horizon, deadline).await?;
    answer(inference, prepared, deadline, &request.request_id).await
}

/// What a request came to, for the log and the metrics.
struct Outcome {
    started: Instant,
    request_id: String,
    metrics: Arc<Metrics>,
}

impl Outcome {
    fn begin(request: &ApiRequest) -> Self {
        let req_id = request.request_id.as_str();
        tracing::debug!(event = "predict_inline_start", service = "inference", req_id, bytes = request.body.len());
        let metrics = request.api.services.events.metrics.clone();
        Self { started: Instant::now(), request_id: request.request_id.clone(), metrics }
    }

    fn end(self, result: Result<Value, ApiError>) -> Result<Response, ApiError> {
        let (req_id, duration_ms) = (self.request_id.as_str(), self.started.elapsed().as_secs_f64() * 1e3);
        let outcome = match &result {
            Ok(value) => {
                let run_id = value["run_id"].as_str();
                tracing::debug!(event = "predict_inline_success", service = "inference", req_id, run_id, duration_ms);
                "success"
            }
            Err(error) => {
                let (code, reason) = (error.code, error.detail.as_str());
                if code == MODEL_NOT_LOADED {
                    tracing::warn!(event = "predict_inline_no_inferencer", service = "inference", req_id, reason);
                }
                match error.status {
                    StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                        tracing::warn!(event = "predict_inline_skipped", service = "inference", req_id, code, reason)
                    }
                    status if status.is_server_error() => {
                        tracing::error!(event = "predict_inline_error", service = "inference", req_id, code, reason)
                    }
                    _ => tracing::debug!(event = "predict_inline_error", service = "inference", req_id, code, reason),
                }
                outcome_label(code)
            }
        };
        self.metrics.pool.jobs_outcome_total.with_label_values(&[outcome]).inc();
        json_response(&result?)
    }
}

/// The label of `inference_jobs_outcome_total` for an error code.
fn outcome_label(code: &str) -> &'static str {
    match code {
        "queue_full" | "too_busy" => "queue_full",
        "deadline_exceeded" => "timeout",
        "worker_died" => "worker_died",
        "model_error" | MODEL_NOT_LOADED => "server_error",
        _ => "client_error",
    }
}
