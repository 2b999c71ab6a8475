//! From a request to what a model starts from: the rows of its body, or else those that are known of its series.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;
use warp::http::StatusCode;

use crate::actors::{NoModel, NoRows, PredictError};
use crate::forecast::{
    IDENTIFIER_RULE, PreparedRequest, RequestRows, VerifiedModel, is_identifier, measured_rows, prepare_request,
};
use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, HeavyTurn, SMALL_MAX_BYTES};
use crate::limits::ERROR_QUOTE;

use super::body::{PredictBody, columns_bytes};
use super::pool_error::pool_error;

/// How long a large body waits for memory for its columns, and a small one.
const MEMORY_PATIENCE: Duration = Duration::from_secs(2);
const SMALL_MEMORY_PATIENCE: Duration = Duration::from_millis(50);

/// A request whose rows are prepared for the model that is served now.
pub struct PreparedPredict {
    /// The series.
    pub identifier: String,
    /// Steps to forecast.
    pub horizon: usize,
    /// The model that answers.
    pub served: Arc<VerifiedModel>,
    /// What it starts from.
    pub prepared: PreparedRequest,
}

/// A body that was read.
enum ReadBody {
    /// Its rows are prepared for the model of this node's series.
    Prepared(PreparedPredict),
    /// It is about another series, or has no rows.
    NeedsMore(PredictBody),
}

/// Reads the body and prepares its rows; a large body on a blocking thread. The memory of body and columns is free afterwards.
///
/// The memory comes before the turn: who waits for memory keeps no core from others.
pub async fn read_and_prepare(
    inference: &InferenceApi,
    request: ApiRequest,
    deadline: Instant,
) -> Result<PreparedPredict, ApiError> {
    let (memory, held, bytes) = (&request.memory, &request.held, columns_bytes(&request.body));
    let is_small = request.body.len() <= SMALL_MAX_BYTES;
    let columns = match is_small {
        true => memory.reserve_small(held, bytes, SMALL_MEMORY_PATIENCE).await?,
        false => memory.reserve_large(held, bytes, deadline.min(Instant::now() + MEMORY_PATIENCE)).await?,
    };
    let node = inference.clone();
    let body = match on_thread(is_small, deadline, move || read(&node, &request)).await?? {
        ReadBody::Prepared(prepared) => return Ok(prepared),
        ReadBody::NeedsMore(body) => body,
    };
    let identifier = match &body.identifier {
        Some(name) if is_identifier(name) => name.clone(),
        Some(name) => {
            let name = ERROR_QUOTE.cut(name);
            return Err(ApiError::unknown_identifier(format!(
                "`{name}` names no series: an identifier has {IDENTIFIER_RULE}"
            )));
        }
        None => inference.predict.identifier.clone(),
    };
    if !body.has_rows() {
        return prepare_known(inference, identifier, body.horizon, deadline).await;
    }
    let served = model(inference, &identifier, deadline).await?;
    on_thread(is_small, deadline, move || {
        let prepared = prepare(body, identifier, served);
        drop(columns);
        prepared
    })
    .await?
}

/// A forecast after the last measured row that is known of a series.
///
/// # Errors
/// There is no data set of the series or no model for it, or its newest rows are too few.
pub async fn prepare_known(
    inference: &InferenceApi,
    identifier: String,
    horizon: usize,
    deadline: Instant,
) -> Result<PreparedPredict, ApiError> {
    let served = model(inference, &identifier, deadline).await?;
    let known = until(deadline, inference.known_rows.of(&identifier)).await?;
    let series = known.map_err(|error| no_rows(&identifier, error))?;
    let rows = measured_rows(&series, &served.manifest);
    Ok(PreparedPredict { prepared: prepared(&served, &rows)?, identifier, horizon, served })
}

/// Runs the work here, or on a blocking thread where it is large.
async fn on_thread<T: Send + 'static>(
    is_small: bool,
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if is_small {
        return Ok(work());
    }
    let turn = HeavyTurn::wait_until(deadline).await.ok_or_else(|| pool_error(PredictError::DeadlineExceeded))?;
    Ok(turn.run(work).await)
}

fn read(inference: &InferenceApi, request: &ApiRequest) -> Result<ReadBody, ApiError> {
    let body = PredictBody::parse(&request.body, &request.headers, &request.query)?;
    let own = &inference.predict.identifier;
    if !body.has_rows() || body.identifier.as_ref().is_some_and(|name| name != own) {
        return Ok(ReadBody::NeedsMore(body));
    }
    let served = inference.models.own().ok_or_else(|| nothing_promoted(inference))?;
    prepare(body, own.clone(), served).map(ReadBody::Prepared)
}

fn prepare(body: PredictBody, identifier: String, served: Arc<VerifiedModel>) -> Result<PreparedPredict, ApiError> {
    let horizon = body.horizon;
    let rows = body.rows(&served.manifest)?;
    Ok(PreparedPredict { prepared: prepared(&served, &rows)?, identifier, horizon, served })
}

fn prepared(served: &VerifiedModel, rows: &RequestRows) -> Result<PreparedRequest, ApiError> {
    prepare_request(&served.manifest, rows).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// The model of a series.
async fn model(inference: &InferenceApi, identifier: &str, deadline: Instant) -> Result<Arc<VerifiedModel>, ApiError> {
    if inference.models.is_own(identifier) {
        return inference.models.own().ok_or_else(|| nothing_promoted(inference));
    }
    let found = until(deadline, inference.models.of_other(identifier)).await?;
    found.map_err(|error| match error {
        NoModel::Absent(_) => ApiError::unknown_identifier(format!(
            "no model is promoted for identifier `{identifier}`; GET /series lists those that there are"
        )),
        NoModel::Unknown(cause) => ApiError::store_unavailable(cause),
        NoModel::Unusable(cause) => {
            let detail = format!("the model of identifier `{identifier}` cannot be used: {cause}");
            ApiError::model_not_loaded(detail)
        }
    })
}

fn nothing_promoted(inference: &InferenceApi) -> ApiError {
    let detail = match inference.predict.naive_promotable {
        true => "no model is promoted yet; see /readyz for what is waited for",
        false => {
            "no model is promoted yet, and PROMOTABLE_MODEL_TYPES excludes the naive methods, which are served where \
             nothing beats them; name one of them there, or see /promotion/history for what was decided"
        }
    };
    ApiError::model_not_loaded(detail)
}

fn no_rows(identifier: &str, error: NoRows) -> ApiError {
    match error {
        NoRows::Absent => ApiError::new(
            StatusCode::NOT_FOUND,
            "no_dataset",
            format!("no rows of `{identifier}` are stored; send them in `data`, or make a data set"),
        ),
        NoRows::Outage(cause) => ApiError::store_unavailable(cause),
        NoRows::Unusable(cause) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "store_error", cause),
    }
}

async fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, ApiError> {
    timeout_at(deadline.into(), work).await.map_err(|_| pool_error(PredictError::DeadlineExceeded))
}
