//! `GET /debug/config`: the settings that hold, secrets redacted.

use warp::reply::Response;

use crate::http::openapi::Operation;
use crate::http::server::{ApiError, ApiRequest, json};

/// What the route is.
pub fn operation() -> Operation {
    Operation::new("config", "The settings that hold, secrets redacted").answers_object(200, "The settings")
}

/// Answers with the settings as the node was started with them.
pub async fn config(call: ApiRequest) -> Result<Response, ApiError> {
    json(&call.api.config)
}
