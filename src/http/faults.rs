//! `POST /debug/faults/{actor}`: break an actor on purpose, only where that is enabled.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::{Fault, InjectError};

use super::call::{Call, json as answer};
use super::error::ApiError;
use super::operation::Operation;

/// How to break.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    /// `panic`, `fail` (with an error) or `exit` (without a word).
    #[schema(value_type = String, pattern = "^(panic|fail|exit)$", example = "panic")]
    fault: Fault,
}

/// It was told to break.
#[derive(Serialize, ToSchema)]
struct FaultAnswer<'a> {
    #[schema(example = "injected")]
    status: &'static str,
    actor: &'a str,
}

/// What the route is.
pub fn operation() -> Operation {
    Operation::new("inject_fault", "Break an actor or one of its threads on purpose")
        .about("Only with ENABLE_FAULTS=1. Threads are called such as `inference-worker-0`.")
        .takes::<FaultRequest>(json!({"fault": "panic"}))
        .answers::<FaultAnswer<'_>>(200, "It was told to break")
        .fails(
            404,
            "`faults_disabled`, or `unknown_actor`: none that takes faults has this name; the detail lists them",
        )
        .fails(409, "`fault_refused`: it cannot break in this way, or does not answer")
        .fails(422, "`invalid_field`: there is no such fault")
}

/// Answers once the actor was told.
pub async fn inject(call: Call) -> Result<Response, ApiError> {
    let Some(faults) = &call.api.faults else {
        let detail = "faults are off; start the node with ENABLE_FAULTS=1";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "faults_disabled", detail));
    };
    let body: FaultRequest = call.json(r#"{"fault": "panic"}"#)?;
    let name = call.part("actor").unwrap_or_default();
    match faults.inject(name, body.fault).await {
        Ok(()) => answer(&FaultAnswer { status: "injected", actor: name }),
        Err(InjectError::Unknown) => Err(unknown(name, &faults.names())),
        Err(error) => Err(ApiError::new(StatusCode::CONFLICT, "fault_refused", error.to_string())),
    }
}

/// Also of an actor that has reports, but cannot be broken.
fn unknown(name: &str, known: &[&str]) -> ApiError {
    let detail = format!("no actor called `{name}` takes faults; those that do are {}", known.join(", "));
    ApiError::new(StatusCode::NOT_FOUND, "unknown_actor", detail)
}
