//! `POST /scale_workers`: grow or shrink the pool of this pod.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use warp::http::StatusCode;

use crate::actors::ScaleWorkers;

use super::InferenceApi;
use super::error::ApiError;

const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Body {
    workers: i64,
}

/// Answers once the pool has as many threads as asked; nothing queued or running is lost.
pub async fn scale_workers(inference: &InferenceApi, body: &[u8]) -> Result<Value, ApiError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("send {{\"workers\": n}} ({error})")))?;
    let range = 1..=inference.pool_scale_max as i64;
    if !range.contains(&body.workers) {
        return Err(ApiError::bad_request(format!(
            "workers must be from 1 to {}, got {}",
            inference.pool_scale_max, body.workers
        )));
    }
    let scaled = inference.pool.ask(ScaleWorkers { workers: body.workers as usize }, DEADLINE).await;
    let scaled = scaled.map_err(|error| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "pool_unavailable",
            format!("the pool did not answer ({error}); try again"),
        )
    })?;
    Ok(
        json!({"status": "scaled", "old_workers": scaled.old_workers, "new_workers": scaled.new_workers, "scope": "pod"}),
    )
}
