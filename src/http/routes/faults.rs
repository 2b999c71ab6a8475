//! `POST /debug/faults/{actor}`: breaks an actor or a thread on purpose, if ENABLE_FAULTS is set.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::http::server::{ApiError, ApiRequest, Operation, json_response};
use crate::runtime::{Fault, FaultTiming, InjectError};

/// How to break, and when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    /// `panic`, `fail` (with an error), `exit` (without a word) or `hang` (for good: the node goes down).
    #[schema(value_type = String, pattern = "^(panic|fail|exit|hang)$", example = "panic")]
    fault: Fault,
    /// `now`, `work` (a thread has its next piece of work in hand), or `start`: at the next start.
    #[serde(default)]
    #[schema(value_type = String, pattern = "^(now|work|start)$", example = "now")]
    at: FaultTiming,
    /// With `start`: how many starts break; 0 takes an earlier request back.
    #[serde(default = "one_time")]
    #[schema(example = 1)]
    times: u32,
}

fn one_time() -> u32 {
    1
}

/// The fault was injected.
#[derive(Serialize, ToSchema)]
struct FaultAnswer<'a> {
    #[schema(example = "injected")]
    status: &'static str,
    actor: &'a str,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("inject_fault", "Break an actor or one of its threads on purpose")
        .about("Only with ENABLE_FAULTS=1. Threads are called as in `/debug/actors`, such as `inference-worker-0`.")
        .takes::<FaultRequest>(json!({"fault": "panic"}))
        .answers::<FaultAnswer<'_>>(200, "The fault was injected")
        .fails(404, "`faults_disabled`, or `unknown_actor`: nothing has this name; the detail lists what there is")
        .fails(409, "`fault_refused`: it is not running just now")
        .fails(422, "`invalid_field`: there is no such fault, or no such time")
}

/// `POST /debug/faults/{actor}`. Responds as soon as the fault is injected.
pub async fn inject(request: ApiRequest) -> Result<Response, ApiError> {
    if !request.api.faults_enabled {
        let detail = "faults are off; start the node with ENABLE_FAULTS=1";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "faults_disabled", detail));
    }
    let FaultRequest { fault, at, times } = request.json(r#"{"fault": "panic"}"#)?;
    let name = request.path_param("actor").unwrap_or_default();
    match request.api.supervisor.inject(name, fault, at, times) {
        Ok(()) => json_response(&FaultAnswer { status: "injected", actor: name }),
        Err(error @ InjectError::Unknown { .. }) => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_actor", error.to_string()))
        }
        Err(error @ InjectError::Down(_)) => {
            Err(ApiError::new(StatusCode::CONFLICT, "fault_refused", error.to_string()))
        }
    }
}
