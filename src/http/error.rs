//! Errors as every route answers them: `{"detail", "code", "req_id"}`.

use serde_json::json;
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

/// An answer other than 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// A stable word that programs may match on.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub detail: String,
    /// Whole seconds after which to try again.
    pub retry_after_seconds: Option<u64>,
}

impl ApiError {
    /// An error of this status.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_seconds: None }
    }

    /// 400: what was sent cannot be used.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 422: a field has the wrong type or range.
    pub fn invalid_field(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail)
    }

    /// The answer, with the id of the request.
    pub fn respond(&self, request_id: &str) -> Response {
        let body = json!({"detail": self.detail, "code": self.code, "req_id": request_id});
        let mut response = warp::reply::with_status(warp::reply::json(&body), self.status).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
