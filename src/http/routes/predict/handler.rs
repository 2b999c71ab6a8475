//! `POST /predict`: rows in, the forecast that starts after the last row out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::PredictError;
use crate::forecast::{
    PreparedRequest, VerifiedModel, check_forecast, forecast_times, prediction_rows, prepare_request,
};
use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, HeavyTurn, SMALL_MAX_BYTES, json_response};
use crate::limits::ERROR_QUOTE;

use super::body::{PredictBody, columns_bytes, timeout};

/// The path of the route.
pub const PATH: &str = "/predict";

/// The code while no model is served.
const MODEL_NOT_LOADED: &str = "model_not_loaded";

/// How long a large body waits for memory for its columns, and a small one.
const MEMORY_PATIENCE: Duration = Duration::from_secs(2);
const SMALL_MEMORY_PATIENCE: Duration = Duration::from_millis(50);

/// `POST /predict`. The outcome is counted and logged.
pub async fn predict(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let started = Instant::now();
    let (request_id, metrics) = (request.request_id.clone(), request.api.services.events.metrics.clone());
    let req_id = request_id.as_str();
    tracing::debug!(event = "predict_inline_start", service = "inference", req_id, bytes = request.body.len());
    let result = forecast(&inference, request).await;
    let duration_ms = started.elapsed().as_secs_f64() * 1e3;
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
    metrics.pool.jobs_outcome_total.with_label_values(&[outcome]).inc();
    json_response(&result?)
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

/// A request whose rows are prepared for the model that is served now.
struct PreparedPredict {
    horizon: usize,
    served: Arc<VerifiedModel>,
    prepared: PreparedRequest,
}

/// Reads the body and prepares its rows; a large body on a blocking thread. The memory of body and columns is free afterwards.
///
/// The memory comes before the turn: who waits for memory keeps no core from others.
async fn read_and_prepare(
    inference: &InferenceApi,
    request: ApiRequest,
    deadline: Instant,
) -> Result<PreparedPredict, ApiError> {
    let (memory, held, bytes) = (&request.memory, &request.held, columns_bytes(&request.body));
    if request.body.len() <= SMALL_MAX_BYTES {
        let _columns = memory.reserve_small(held, bytes, SMALL_MEMORY_PATIENCE).await?;
        return prepare(inference, &request);
    }
    let columns = memory.reserve_large(held, bytes, deadline.min(Instant::now() + MEMORY_PATIENCE)).await?;
    let turn = HeavyTurn::wait_until(deadline).await.ok_or_else(|| api_error(PredictError::DeadlineExceeded))?;
    let inference = inference.clone();
    let work = move || {
        let prepared = prepare(&inference, &request);
        drop((request, columns));
        prepared
    };
    turn.run(work).await
}

fn prepare(inference: &InferenceApi, request: &ApiRequest) -> Result<PreparedPredict, ApiError> {
    let settings = &inference.predict;
    let body = PredictBody::parse(&request.body, &request.headers, &request.query)?;
    if let Some(name) = body.identifier.as_ref().filter(|name| *name != &settings.identifier) {
        let name = ERROR_QUOTE.cut(name);
        return Err(ApiError::unknown_identifier(format!(
            "no model is promoted for identifier `{name}`; this node serves `{}`",
            settings.identifier
        )));
    }
    let served = inference.serving.served().ok_or_else(|| {
        let detail = "no model is promoted yet; see /readyz for what is waited for";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, MODEL_NOT_LOADED, detail).retry_after(1)
    })?;
    let horizon = body.horizon;
    let rows = body.rows(&served.manifest)?;
    let prepared =
        prepare_request(&served.manifest, &rows).map_err(|error| ApiError::bad_request(error.to_string()))?;
    Ok(PreparedPredict { horizon, served, prepared })
}

async fn forecast(inference: &InferenceApi, request: ApiRequest) -> Result<Value, ApiError> {
    let received = Instant::now();
    let (serving, settings) = (&inference.serving, &inference.predict);
    let request_id = request.request_id.clone();
    // a header that cannot be read is refused with the body
    let timeout = timeout(&request.headers).ok().flatten().unwrap_or(settings.timeout);
    let deadline = received + timeout;
    let PreparedPredict { horizon, served, prepared } = read_and_prepare(inference, request, deadline).await?;
    serving.observe_preparation(received.elapsed());
    let PreparedRequest { context, form } = prepared;
    let last_ms = context.last_ms;
    let forecast = serving.predict(served.clone(), context, horizon, deadline).await.map_err(api_error)?;
    check_forecast(&forecast).map_err(|error| ApiError::invalid_field(error.to_string()))?;
    let times = forecast_times(&served.manifest, last_ms, form);
    let predictions = prediction_rows(&served.manifest, &forecast, times);
    Ok(success_body(&settings.identifier, &served, predictions, &request_id))
}

fn success_body(identifier: &str, served: &VerifiedModel, predictions: Vec<Value>, request_id: &str) -> Value {
    let lineage = &served.manifest.lineage;
    json!({
        "status": "SUCCESS", "identifier": identifier, "run_id": lineage.run_id, "config_hash": lineage.config_hash, "model_type": served.manifest.model_type,
        "generation": served.generation, "req_id": request_id, "cached": false, "predictions": predictions,
    })
}

/// The response to an error of the pool.
fn api_error(error: PredictError) -> ApiError {
    let detail = error.to_string();
    match error {
        PredictError::QueueFull { retry_after_seconds, .. } => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", detail).retry_after(retry_after_seconds)
        }
        PredictError::DeadlineExceeded => ApiError::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", detail),
        PredictError::WorkerDied => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "worker_died", detail).retry_after(0)
        }
        PredictError::Stopping => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "worker_died", detail).retry_after(1),
        PredictError::Panicked | PredictError::Model(_) => {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "model_error", detail)
        }
    }
}
