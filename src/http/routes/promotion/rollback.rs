//! `POST /promotion[/{identifier}]/rollback`: serves an earlier model again, by an audited decision.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::{Event, ManualPromotionError, Services, announce_promotion, roll_back};
use crate::http::openapi::schemas;
use crate::http::server::{ApiError, ApiRequest, Operation, STORE_DEADLINE, integer, json_response};
use crate::storage::{Audit, Decision, MoveError, StorageError};

use super::show::NO_POINTER;

const MAX_WHY_CHARS: usize = 1000;
const MAX_WHO_CHARS: usize = 100;
const EXAMPLE: &str = r#"{"why": "it forecasts nonsense", "who": "ops", "to_generation": 3}"#;

/// What to go back to, why, and who says so.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollbackRequest {
    /// The generation to serve again; without one, the model before the present one.
    #[serde(default, deserialize_with = "integer::deserialize_optional")]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    to_generation: Option<u64>,
    /// The reason, for the history.
    #[schema(min_length = 1, max_length = 1000, pattern = r"[^\s\u0000-\u001f\u007f-\u009f\ufeff]")]
    why: String,
    /// A person or a program; without one, `api`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100, pattern = r"[^\s\u0000-\u001f\u007f-\u009f\ufeff]")]
    who: Option<String>,
}

/// The description of the route.
pub fn rollback_operation() -> Operation {
    Operation::new("promotion_rollback", "Serve a model again that was served before")
        .about("Writes an audited decision and moves the pointer; a run that was rolled back is not promoted again by itself.")
        .takes::<RollbackRequest>(json!({"why": "it forecasts nonsense", "who": "ops"}))
        .answers::<schemas::Decision>(200, "The decision")
        .fails(404, NO_POINTER)
        .fails(409, "`nothing_before`, `unknown_generation`, `already_served`, `not_servable` or `unsafe_store`: the pointer stays as it is")
        .fails(422, "`invalid_field`: a field has the wrong type or range")
        .fails(503, "`store_unavailable`: the object store is away; the history tells whether the decision was made")
}

/// Rolls back, and responds with the decision as soon as the pointer names its model. The announcement on the topic follows in
/// the background.
pub async fn rollback(request: ApiRequest) -> Result<Response, ApiError> {
    let body: RollbackRequest = request.json(EXAMPLE)?;
    let why = checked_text("why", &body.why, MAX_WHY_CHARS)?;
    let who = body.who.as_deref().map(|who| checked_text("who", who, MAX_WHO_CHARS)).transpose()?;
    let audit = Audit { who: who.unwrap_or_else(|| "api".into()), why };
    // a task of its own: it also ends if the caller disconnects
    let moving = tokio::spawn(decide_and_announce(
        request.api.services.clone(),
        request.identifier()?,
        body.to_generation,
        audit,
    ));
    match tokio::time::timeout(STORE_DEADLINE, moving).await {
        Ok(Ok(decision)) => json_response(&decision?),
        Ok(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        Err(_) => {
            let within = STORE_DEADLINE.as_secs();
            Err(outcome_unknown(format!("no answer within {within} s; the rollback goes on in the background")))
        }
    }
}

async fn decide_and_announce(
    services: Services,
    identifier: String,
    to_generation: Option<u64>,
    audit: Audit,
) -> Result<Decision, ApiError> {
    if !services.objects.has_conditional_writes() && !services.allow_unsafe_pointer {
        let detail = "the object store ignores conditional writes, so that an evaluator could promote at the same time; use a store that \
                      keeps to them, or set ALLOW_UNSAFE_POINTER=1 and let nobody else promote meanwhile";
        return Err(ApiError::new(StatusCode::CONFLICT, "unsafe_store", detail));
    }
    let result = roll_back(&services.decisions, &services.runs, &identifier, to_generation, audit).await;
    let decision = result.map_err(api_error)?;
    services.events.emit(Event::Decided { decision: Box::new(decision.clone()) });
    if let Some(pointer) = decision.pointer.clone() {
        // not awaited: the broker may be away, and nodes find the pointer in the store
        tokio::spawn(async move { announce_promotion(&services.producer, &pointer).await });
    }
    Ok(decision)
}

/// 503 without `retry-after`: a blind retry could roll back twice.
fn outcome_unknown(cause: impl std::fmt::Display) -> ApiError {
    let detail = format!("the object store does not answer ({cause}); look at the history before you ask again");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail)
}

/// The text, if it has from 1 to `max_chars` characters and not only blank ones.
fn checked_text(field: &str, text: &str, max_chars: usize) -> Result<String, ApiError> {
    let is_valid = (1..=max_chars).contains(&text.chars().count()) && text.chars().any(is_visible);
    let invalid = || {
        ApiError::invalid_field(format!(
            "`{field}` must have from 1 to {max_chars} characters, and not only blank ones"
        ))
    };
    is_valid.then(|| text.to_owned()).ok_or_else(invalid)
}

/// As in the pattern of the schema, whose `\s` is that of ECMA 262.
fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && character != '\u{feff}'
}

fn api_error(error: ManualPromotionError) -> ApiError {
    let detail = error.to_string();
    let code = match error {
        ManualPromotionError::Move(MoveError::NothingPromoted(_)) => return ApiError::unknown_identifier(detail),
        ManualPromotionError::Move(MoveError::NothingBefore(_)) => "nothing_before",
        ManualPromotionError::Move(MoveError::UnknownGeneration { .. }) => "unknown_generation",
        ManualPromotionError::Move(MoveError::AlreadyServed(_)) => "already_served",
        ManualPromotionError::Move(MoveError::UnknownRun { .. } | MoveError::NotFinished(_))
        | ManualPromotionError::NotServable { .. }
        | ManualPromotionError::Storage(StorageError::Missing(_) | StorageError::Damaged { .. }) => "not_servable",
        ManualPromotionError::Storage(error) if error.is_outage() => return outcome_unknown(error),
        ManualPromotionError::Storage(error) => return error.into(),
    };
    ApiError::new(StatusCode::CONFLICT, code, detail)
}
