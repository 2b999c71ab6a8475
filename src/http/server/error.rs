//! The error response of every route: `{"detail", "code", "req_id"}`.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::{HeaderName, HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

use crate::storage::StorageError;

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// A stable code that programs may match on.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub detail: String,
    /// A header that the status needs, such as `retry-after`.
    pub header: Option<(HeaderName, HeaderValue)>,
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
    /// An error with this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), header: None }
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

    /// 503: the object store is away, or took too long.
    pub fn store_unavailable(cause: impl std::fmt::Display) -> Self {
        let detail = format!("the object store does not answer ({cause}); try again");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail).retry_after(1)
    }

    /// Adds the header `retry-after`, in whole seconds.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header.
    pub fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// The response, with the id of the request.
    pub fn respond(self, request_id: &str) -> Response {
        let body = ErrorBody { detail: &self.detail, code: self.code, req_id: request_id };
        let mut response = warp::reply::with_status(warp::reply::json(&body), self.status).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
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
