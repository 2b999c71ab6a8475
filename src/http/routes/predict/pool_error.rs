//! The response to an error of the inference pool.

use warp::http::StatusCode;

use crate::actors::PredictError;
use crate::http::server::ApiError;

/// The response to an error of the pool.
pub fn pool_error(error: PredictError) -> ApiError {
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
