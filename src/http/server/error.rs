//! The error response of every route: `{"detail", "code", "req_id"}`.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::{HeaderName, HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

use crate::limits::{ERROR_DETAIL, LimitExceeded};
use crate::runtime::ReserveError;
use crate::storage::StorageError;

/// The code while no model is served.
pub const MODEL_NOT_LOADED: &str = "model_not_loaded";

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// A stable code that programs may match on.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub detail: String,
    /// Headers that the status needs, such as `retry-after`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// What went wrong, for people and for programs.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// What is wrong, and what to do.
    #[schema(example = "missing column(s): down; the model needs down, up")]
    detail: &'a str,
    /// A stable word.
    #[schema(example = "bad_request", pattern = "^[a-z_]+$")]
    code: &'a str,
    /// The id of this request, as in the log.
    #[schema(example = "593f9686")]
    req_id: &'a str,
}

impl ApiError {
    /// An error with this status and code. A long detail is cut: it may quote what was sent.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        Self { status, code, detail: ERROR_DETAIL.cut(&detail).into_owned(), headers: Vec::new() }
    }

    /// 400: what was sent cannot be used.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 422: a field has the wrong type or range.
    pub fn invalid_field(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail)
    }

    /// 404: no model was ever promoted under this name.
    pub fn unknown_identifier(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_identifier", detail)
    }

    /// 503: there is no model to answer with just now.
    pub fn model_not_loaded(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, MODEL_NOT_LOADED, detail).retry_after(1)
    }

    /// 503: the object store is away, or took too long.
    pub fn store_unavailable(cause: impl std::fmt::Display) -> Self {
        let detail = format!("the object store does not answer ({cause}); try again");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail).retry_after(1)
    }

    /// 413: the body is larger than a limit allows.
    pub fn body_too_large(exceeded: LimitExceeded) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", exceeded.to_string())
    }

    /// 429: the large bodies of other requests keep every core at work.
    pub fn no_turn() -> Self {
        let detail = "the large bodies of other requests are worked on; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_busy", detail).retry_after(1)
    }

    /// The rest of the body is not read, so the connection cannot be used again.
    pub fn closing(self) -> Self {
        self.with_header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// Adds the header `retry-after`, in whole seconds.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The response, with the id of the request.
    pub fn respond(self, request_id: &str) -> Response {
        let body = ErrorBody { detail: &self.detail, code: self.code, req_id: request_id };
        let mut response = warp::reply::with_status(warp::reply::json(&body), self.status).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        if error.is_outage() {
            return Self::store_unavailable(error);
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store_error", error.to_string())
    }
}

impl From<ReserveError> for ApiError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("the body is too large: {error}"))
            }
            ReserveError::Full { .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_busy", error.to_string()).retry_after(1)
            }
        }
    }
}
