//! From a request to its answer: the route, who may, the body, the handler; and what log and metrics hear of it.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::Buf;
use futures::{FutureExt, Stream};
use utoipa::openapi::OpenApi;
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use warp::reply::{Reply, Response};

use crate::actors::Metrics;
use crate::http::api::{Api, InferenceApi};

use super::error::ApiError;
use super::open_requests::OpenRequests;
use super::request::{ApiRequest, query};
use super::request_id::{REQUEST_ID, request_id};
use super::router::{Found, Handler, OTHER, Parts, Route, Router};

/// A request as it came.
pub struct Asked {
    /// Method.
    pub method: Method,
    /// Path, percent signs and all.
    pub path: String,
    /// Query string, empty where there is none.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
}

/// All routes, and what they say of themselves.
pub struct Table {
    /// Which route a request means.
    pub router: Router,
    /// The OpenAPI document.
    pub document: Arc<OpenApi>,
    /// Requests that wait for their answer.
    pub open: Arc<OpenRequests>,
}

/// Answers one request.
pub async fn answer<B: Buf>(
    api: Arc<Api>,
    table: Arc<Table>,
    asked: Asked,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> Response {
    let started = Instant::now();
    let _in_flight = InFlight::new(api.services.events.metrics.clone());
    let request_id = request_id(&asked.headers);
    tracing::debug!(event = "http_request_in", service = "http", req_id = request_id, method = %asked.method, path = asked.path);
    let (method, path) = (asked.method.clone(), asked.path.clone());
    let (label, outcome) = match table.router.find(&asked.method, &asked.path) {
        Found::Route(route, parts) => {
            let handled = run(&api, &table, route, parts, asked, &request_id, body);
            (route.label(), unwinding(handled, &request_id).await)
        }
        Found::OtherMethods { label, allow } => (label, other_method(&method, &allow)),
        Found::Nothing => (OTHER, Err(not_found())),
    };
    let failure = outcome.as_ref().err().map(|error| (error.code, error.detail.clone()));
    let mut response = outcome.unwrap_or_else(|error| error.respond(&request_id));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if api.services.health.is_draining() {
        // a peer that hears it in time opens its next connection elsewhere
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let took = started.elapsed();
    let status = response.status();
    count(&api.services.events.metrics, label, &method, status, took.as_secs_f64());
    let (duration_ms, status) = (took.as_secs_f64() * 1e3, status.as_u16());
    match failure {
        Some((code, detail)) if status >= 500 => {
            tracing::error!(event = "http_request_out", service = "http", req_id = request_id, method = %method, path, status, code, detail, duration_ms);
        }
        _ => {
            tracing::debug!(event = "http_request_out", service = "http", req_id = request_id, method = %method, path, status, duration_ms);
        }
    }
    response
}

async fn run<B: Buf>(
    api: &Arc<Api>,
    table: &Table,
    route: &Route,
    path: Parts,
    asked: Asked,
    request_id: &str,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> Result<Response, ApiError> {
    if route.changes {
        api.admin.check(&asked.headers)?;
    }
    let call = ApiRequest {
        api: api.clone(),
        document: table.document.clone(),
        request_id: request_id.to_owned(),
        path,
        query: query(&asked.query)?,
        body: route.body.read(&asked.headers, body, &api.limits).await?,
        headers: asked.headers,
    };
    let _open = table.open.begin(route);
    match &route.handler {
        Handler::Node(handler) => handler(call).await,
        Handler::Inference(handler) => handler(inference(api)?, call).await,
    }
}

fn inference(api: &Api) -> Result<InferenceApi, ApiError> {
    let detail = "this node does not run the role inference; ask one that does";
    api.inference.clone().ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "role_not_running", detail))
}

/// A panic of a handler concerns its caller alone.
async fn unwinding(
    handled: impl Future<Output = Result<Response, ApiError>>,
    request_id: &str,
) -> Result<Response, ApiError> {
    AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text");
        tracing::error!(event = "http_handler_panicked", service = "http", req_id = request_id, error = text);
        let detail = "the handler failed; its cause is in the log under this req_id";
        Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
    })
}

fn other_method(method: &Method, allow: &str) -> Result<Response, ApiError> {
    let value = HeaderValue::from_str(allow).unwrap_or(HeaderValue::from_static(""));
    if method == Method::OPTIONS {
        let answer = warp::reply::with_status(warp::reply(), StatusCode::NO_CONTENT);
        return Ok(warp::reply::with_header(answer, header::ALLOW, value).into_response());
    }
    let detail = format!("this route does not know {method}; it knows {allow}");
    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).with_header(header::ALLOW, value))
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such route; GET /openapi.json lists them")
}

/// Labels are a closed set: what callers invent does not become a series.
fn count(metrics: &Metrics, label: &str, method: &Method, status: StatusCode, seconds: f64) {
    let method = match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS") => known,
        _ => OTHER,
    };
    metrics.http.requests_total.with_label_values(&[label, method, status.as_str()]).inc();
    metrics.http.request_duration_seconds.with_label_values(&[label]).observe(seconds);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        metrics.pool.error_500_total.inc();
    }
}

/// Makes the series of every route present.
pub fn touch(metrics: &Metrics, router: &Router) {
    for (label, method) in router.labels() {
        metrics.http.request_duration_seconds.with_label_values(&[label]);
        metrics.http.requests_total.with_label_values(&[label, method.as_str(), StatusCode::OK.as_str()]);
    }
    metrics.http.request_duration_seconds.with_label_values(&[OTHER]);
    metrics.http.requests_total.with_label_values(&[OTHER, OTHER, StatusCode::NOT_FOUND.as_str()]);
}

struct InFlight(Arc<Metrics>);

impl InFlight {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.http.requests_in_flight.inc();
        Self(metrics)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.http.requests_in_flight.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_a_500_of_its_caller_alone() {
        let outcome = unwinding(async { panic!("cell {} is empty", 3) }, "id").await;
        let error = outcome.expect_err("a panic is an error");
        assert_eq!((error.status, error.code), (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"));
        assert!(!error.detail.contains("cell"), "what is inside is for the log");
    }
}
