//! `PUT /debug/log-level`: changes the log directives without a restart.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::http::server::{
    ApiError, ApiRequest, DIRECTIVES_MAX_CHARS, LOG_LEVELS, Operation, is_log_directives, json_response, string_schema,
};
use crate::limits::ERROR_QUOTE;

/// The pattern of log directives: a comma list of `level` and `target=level`.
const DIRECTIVES: &str =
    "^([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace)(,([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace))*$";

const EXAMPLE: &str = r#"{"level": "flts=debug,info"}"#;

/// The directives to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LevelRequest {
    /// A level, or a comma list of `target=level`.
    #[schema(schema_with = directives)]
    level: String,
}

/// The directives before and after.
#[derive(Serialize, ToSchema)]
struct LevelAnswer {
    /// What was in force.
    old: String,
    /// What is in force.
    new: String,
}

fn directives() -> utoipa::openapi::schema::Object {
    string_schema(DIRECTIVES).max_length(Some(DIRECTIVES_MAX_CHARS)).build()
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("log_level", "Exchange the log directives")
        .about("In force until the next restart, on this process alone.")
        .takes::<LevelRequest>(json!({"level": "flts=debug,info"}))
        .takes_text(string_schema(DIRECTIVES).max_length(Some(DIRECTIVES_MAX_CHARS)), "flts=debug,info")
        .answers::<LevelAnswer>(200, "The directives before and after")
        .fails(400, "`bad_request`: these are no directives")
        .fails(422, "`invalid_field`: `level` is missing or no text")
        .fails(503, "`log_unavailable`: the log of this process cannot be changed")
}

/// `PUT /debug/log-level`. Responds once the directives are in effect.
pub async fn set(request: ApiRequest) -> Result<Response, ApiError> {
    let new = if request.is_json() { request.json::<LevelRequest>(EXAMPLE)?.level } else { plain_text(&request.body)? };
    if !is_log_directives(&new) {
        let detail = format!(
            "`{}` are no log directives; send a level of {} or target=level,...",
            ERROR_QUOTE.cut(&new),
            LOG_LEVELS.join(", ")
        );
        return Err(ApiError::bad_request(detail));
    }
    let unavailable = |cause| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "log_unavailable", cause);
    let old = request.api.log_level.replace(&new).map_err(unavailable)?;
    tracing::info!(event = "log_level_changed", service = "http", req_id = request.request_id, old, new);
    json_response(&LevelAnswer { old, new })
}

fn plain_text(body: &[u8]) -> Result<String, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| ApiError::bad_request("the directives are not UTF-8"))?;
    Ok(text.trim().to_owned())
}
