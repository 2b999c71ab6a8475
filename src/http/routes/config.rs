//! `GET /debug/config`: the settings that hold, secrets redacted.

use warp::reply::Response;

use crate::http::server::{ApiError, ApiRequest, Operation, json_response};

/// What the route is.
pub fn operation() -> Operation {
    Operation::new("config", "The settings that hold, secrets redacted").answers_object(200, "The settings")
}

/// Answers with the settings as the node was started with them.
pub async fn config(request: ApiRequest) -> Result<Response, ApiError> {
    json_response(&request.api.config)
}
