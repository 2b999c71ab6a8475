//! `POST /scale_workers`: grows or shrinks the pool of this process.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::ScaleWorkers;
use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, Operation, integer, json_response};

const DEADLINE: Duration = Duration::from_secs(10);

/// The name of the schema of the body.
pub const REQUEST: &str = "ScaleRequest";

/// How many threads the pool is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScaleRequest {
    #[serde(deserialize_with = "integer::deserialize")]
    /// Threads, at most POOL_SCALE_MAX.
    #[schema(minimum = 1, example = 4)]
    workers: i64,
}

/// How the pool was scaled.
#[derive(Serialize, ToSchema)]
struct ScaleAnswer {
    #[schema(example = "scaled")]
    status: &'static str,
    /// Threads before.
    old_workers: usize,
    /// Threads that serve now.
    new_workers: usize,
    /// `pod`: other pods have pools of their own, and a restart forgets it.
    #[schema(example = "pod")]
    scope: &'static str,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("scale_workers", "Grow or shrink the pool of this process")
        .about("Answers once so many threads serve. Nothing that is queued or running is lost.")
        .takes::<ScaleRequest>(json!({"workers": 4}))
        .answers::<ScaleAnswer>(200, "The pool has so many threads")
        .fails(400, "`bad_request`: not from 1 to POOL_SCALE_MAX")
        .fails(422, "`invalid_field`: not a whole number")
        .fails(503, "`pool_unavailable`: the pool is restarting")
}

/// `POST /scale_workers`. Responds once the pool has that many threads; no queued or running job is lost.
pub async fn scale_workers(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let body: ScaleRequest = request.json(r#"{"workers": 4}"#)?;
    let most = inference.pool_scale_max;
    let workers = usize::try_from(body.workers).ok().filter(|workers| (1..=most).contains(workers));
    let workers = workers
        .ok_or_else(|| ApiError::bad_request(format!("workers must be from 1 to {most}, got {}", body.workers)))?;
    let scaled = inference.pool.ask(ScaleWorkers { workers }, DEADLINE).await.map_err(|error| {
        let detail = format!("the pool did not answer ({error}); try again");
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "pool_unavailable", detail).retry_after(1)
    })?;
    tracing::info!(
        event = "queue_workers_scaled",
        service = "inference",
        req_id = request.request_id,
        old_workers = scaled.old_workers,
        new_workers = scaled.new_workers
    );
    json_response(&ScaleAnswer {
        status: "scaled",
        old_workers: scaled.old_workers,
        new_workers: scaled.new_workers,
        scope: "pod",
    })
}
