//! `PUT /debug/log-level`: other log directives, without a restart.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use super::call::{Call, json as answer};
use super::error::ApiError;
use super::operation::{Operation, text};

/// A level, or a comma list of `target=level`.
const DIRECTIVES: &str =
    "^([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace)(,([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace))*$";
/// The levels, as people list them.
pub const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
const MAX_CHARS: usize = 1000;
const LIKE: &str = r#"{"level": "flts=debug,info"}"#;

/// The log of a process, whose directives can be exchanged.
pub trait LogLevel: Send + Sync {
    /// Puts other directives in force, and answers with those that were.
    ///
    /// # Errors
    /// Why they cannot be put in force.
    fn replace(&self, directives: &str) -> Result<String, String>;
}

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
    text(DIRECTIVES).max_length(Some(MAX_CHARS)).build()
}

/// What the route is.
pub fn operation() -> Operation {
    Operation::new("log_level", "Exchange the log directives")
        .about("In force until the next restart, on this process alone.")
        .takes::<LevelRequest>(json!({"level": "flts=debug,info"}))
        .takes_text(text(DIRECTIVES).max_length(Some(MAX_CHARS)), "flts=debug,info")
        .answers::<LevelAnswer>(200, "The directives before and after")
        .fails(400, "`bad_request`: these are no directives")
        .fails(422, "`invalid_field`: `level` is missing or no text")
        .fails(503, "`log_unavailable`: the log of this process cannot be changed")
}

/// Answers once the directives are in force.
pub async fn set(call: Call) -> Result<Response, ApiError> {
    let new = if call.is_json() { call.json::<LevelRequest>(LIKE)?.level } else { plain(&call.body)? };
    if !is_log_directives(&new) {
        let detail = format!(
            "`{}` are no log directives; send a level of {} or target=level,...",
            shown(&new),
            LOG_LEVELS.join(", ")
        );
        return Err(ApiError::bad_request(detail));
    }
    let unavailable = |cause| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "log_unavailable", cause);
    let old = call.api.log_level.replace(&new).map_err(unavailable)?;
    tracing::info!(event = "log_level_changed", service = "http", req_id = call.request_id, old, new);
    answer(&LevelAnswer { old, new })
}

fn plain(body: &[u8]) -> Result<String, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| ApiError::bad_request("the directives are not UTF-8"))?;
    Ok(text.trim().to_owned())
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Whether these are directives, as `DIRECTIVES` says, which is less than `tracing` takes: spans and fields are not for a setting.
pub fn is_log_directives(text: &str) -> bool {
    let is_target =
        |target: &str| !target.is_empty() && target.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    text.len() <= MAX_CHARS
        && text.split(',').all(|part| match part.split_once('=') {
            Some((target, level)) => is_target(target) && LOG_LEVELS.contains(&level),
            None => LOG_LEVELS.contains(&part),
        })
}
