//! `POST /reload_latest`: reads the pointer now and not at the next poll.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::{RELOAD_DEADLINE, ReloadError, ReloadPointer};
use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, Operation, json_response};
use crate::runtime::AskError;

/// Time for a read that is in progress, the next one, and a second for the mailbox: longer than the watcher itself takes.
const DEADLINE: Duration = RELOAD_DEADLINE.saturating_mul(2).saturating_add(Duration::from_secs(1));

/// What is served after a look at the pointer.
#[derive(Serialize, ToSchema)]
struct ReloadAnswer {
    /// `loaded` where another model is served since, else `unchanged`.
    #[schema(pattern = "^(loaded|unchanged)$", example = "unchanged")]
    status: &'static str,
    run_id: String,
    #[schema(example = "LSTM")]
    model_type: String,
    config_hash: String,
    #[schema(minimum = 1)]
    generation: u64,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("reload_latest", "Read the promotion pointer now")
        .about("The pointer is polled anyway; this waits for one look at it, and for the load where it names another model. \
             Both have deadlines: with a look already under way the answer may take 131 s.")
        .answers::<ReloadAnswer>(200, "What is served now")
        .fails(404, "`unknown_identifier`: nothing is promoted yet, or `role_not_running`")
        .fails(409, "`pointer_not_loadable`: the pointer is not one that can be followed")
        .fails(503, "`store_unavailable`, `model_not_loaded` or `watcher_unavailable`: what was served still is")
}

/// `POST /reload_latest`. Responds once the pointer was read and its model is served.
pub async fn reload_latest(inference: InferenceApi, request: ApiRequest) -> Result<Response, ApiError> {
    let reply = inference.watcher.ask(ReloadPointer, DEADLINE).await.map_err(unavailable)?;
    let reloaded = reply.map_err(api_error)?;
    let pointer = reloaded.pointer;
    let status = if reloaded.loaded { "loaded" } else { "unchanged" };
    tracing::info!(
        event = "reload_latest",
        service = "inference",
        req_id = request.request_id,
        status,
        run_id = pointer.run_id
    );
    json_response(&ReloadAnswer {
        status,
        run_id: pointer.run_id,
        model_type: pointer.model_type.to_string(),
        config_hash: pointer.config_hash,
        generation: pointer.generation,
    })
}

fn unavailable(error: AskError) -> ApiError {
    let detail = format!("the promotion watcher did not answer ({error}); try again");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "watcher_unavailable", detail).retry_after(1)
}

fn api_error(error: ReloadError) -> ApiError {
    let detail = error.to_string();
    match error {
        ReloadError::Absent(_) => ApiError::unknown_identifier(detail),
        ReloadError::Store(cause) => ApiError::store_unavailable(cause),
        ReloadError::Unreadable(_) => ApiError::new(StatusCode::CONFLICT, "pointer_not_loadable", detail),
        ReloadError::NotLoaded(_) => ApiError::model_not_loaded(detail),
    }
}
