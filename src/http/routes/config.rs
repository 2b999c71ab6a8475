//! `GET /debug/config`: the settings in effect, secrets redacted.

use warp::reply::Response;

use crate::http::server::{ApiError, ApiRequest, Operation, json_response};

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("config", "The settings that hold, secrets redacted").answers_object(200, "The settings")
}

/// `GET /debug/config`.
pub async fn config(request: ApiRequest) -> Result<Response, ApiError> {
    json_response(&request.api.config)
}
