//! `GET /promotion[/{identifier}]` and `.../history`: the pointer and its history, read from the store.

use serde::Serialize;
use utoipa::{PartialSchema, ToSchema};
use warp::http::StatusCode;
use warp::reply::Response;

use crate::http::openapi::schemas;
use crate::http::server::{ApiError, ApiRequest, Operation, integer_schema, json_response, within_deadline};
use crate::storage::{Decision, FetchedPointer};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 1000;
const NO_STORE: &str = "`store_unavailable`: the object store is away";
/// The description of the 404 without a promotion.
pub const NO_POINTER: &str = "`unknown_identifier`: nothing was ever promoted under this name";

/// The decisions of an identifier.
#[derive(Serialize, ToSchema)]
struct History {
    /// The series they are about.
    identifier: String,
    /// Newest first.
    #[schema(schema_with = decisions)]
    decisions: Vec<Decision>,
}

fn decisions() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::Array::new(schemas::Decision::schema())
}

/// The description of the route of the pointer.
pub fn pointer_operation() -> Operation {
    Operation::new("promotion", "The pointer: which model is promoted")
        .answers::<schemas::Pointer>(200, "The pointer")
        .fails(404, NO_POINTER)
        .fails(409, "`pointer_not_loadable`: the pointer is the original's, or damaged; it is reported, never served")
        .fails(503, NO_STORE)
}

/// `GET /promotion[/{identifier}]`.
pub async fn pointer(request: ApiRequest) -> Result<Response, ApiError> {
    let identifier = request.identifier()?;
    match within_deadline(request.api.services.decisions.pointer(&identifier, None)).await? {
        FetchedPointer::New { pointer, .. } => json_response(&pointer),
        FetchedPointer::Unreadable { reason } => {
            Err(ApiError::new(StatusCode::CONFLICT, "pointer_not_loadable", reason))
        }
        FetchedPointer::Absent | FetchedPointer::Unchanged => Err(nothing_promoted(&identifier)),
    }
}

/// The description of the route of the history.
pub fn history_operation() -> Operation {
    Operation::new("promotion_history", "The decisions on what is served, newest first")
        .query("limit", "How many decisions", integer_schema(1, MAX_LIMIT as u64).default(Some(DEFAULT_LIMIT.into())))
        .answers::<History>(200, "The decisions, refusals included")
        .fails(404, NO_POINTER)
        .fails(422, "`invalid_field`: `limit` is not a whole number in its range")
        .fails(503, NO_STORE)
}

/// `GET /promotion[/{identifier}]/history?limit=n`.
pub async fn history(request: ApiRequest) -> Result<Response, ApiError> {
    let identifier = request.identifier()?;
    let decisions =
        within_deadline(request.api.services.decisions.newest(&identifier, request.limit(DEFAULT_LIMIT, MAX_LIMIT)?))
            .await?;
    if decisions.is_empty() {
        return Err(nothing_promoted(&identifier));
    }
    json_response(&History { identifier, decisions })
}

fn nothing_promoted(identifier: &str) -> ApiError {
    ApiError::unknown_identifier(format!(
        "nothing was ever promoted for `{identifier}`; train and promote a model first"
    ))
}
