//! From a request to its response: route, authorization, body, handler; log and metrics record each request. What is no request is
//! answered by `listener/closing_answer.rs`.

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
use crate::http::api::Api;

use super::body::{Body, BodyStream, ReceivedBody, RequestMemory, stream};
use super::error::ApiError;
use super::open_requests::OpenRequests;
use super::request::{ApiRequest, parse_query};
use super::request_id::{REQUEST_ID, request_id};
use super::route::{Handler, PathParams, Route};
use super::router::{OTHER, RouteMatch, Router};

/// A request before it is routed.
pub struct RawRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The query string; empty without one.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// Whether it came on a connection of the reserve.
    pub on_reserve: bool,
}

/// Answers requests: routes, OpenAPI document and handles of the node.
pub struct Dispatcher {
    /// The handles of the node.
    pub api: Arc<Api>,
    /// Finds the route of a request.
    pub router: Router,
    /// The OpenAPI document of the routes.
    pub document: Arc<OpenApi>,
    /// The memory of requests.
    pub memory: RequestMemory,
    /// Counts the requests without an answer yet.
    pub open_requests: Arc<OpenRequests>,
}

impl Dispatcher {
    /// Answers one request; log and metrics record it.
    pub async fn answer<B: Buf>(
        &self,
        request: RawRequest,
        body: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
    ) -> Response {
        let started = Instant::now();
        let _in_flight = InFlight::new(self.api.services.events.metrics.clone());
        let request_id = request_id(&request.headers);
        tracing::debug!(event = "http_request_in", service = "http", req_id = request_id, method = %request.method, path = request.path);
        let (method, path) = (request.method.clone(), request.path.clone());
        let (label, outcome) = match self.router.find(&request.method, &request.path) {
            RouteMatch::Route(route, path_params) => {
                let handled = self.handle(route, path_params, request, &request_id, body);
                (route.label(), catch_panic(handled, &request_id).await)
            }
            RouteMatch::OtherMethods { label, allow } => (label, other_method(&method, &allow)),
            RouteMatch::NoRoute => (OTHER, Err(not_found())),
        };
        let failure = outcome.as_ref().err().map(|error| (error.code, error.detail.clone()));
        let mut response = outcome.unwrap_or_else(|error| error.respond(&request_id));
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        if self.api.services.health.is_draining() {
            // the client opens its next connection, which then reaches another node
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let took = started.elapsed();
        let status = response.status();
        count(&self.api.services.events.metrics, label, &method, status, took.as_secs_f64());
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

    /// Authorizes the request, reads its body and runs the handler.
    async fn handle<B: Buf>(
        &self,
        route: &Route,
        path_params: PathParams,
        request: RawRequest,
        request_id: &str,
        body: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
    ) -> Result<Response, ApiError> {
        if request.on_reserve && !route.on_reserve {
            return Err(no_connection_free());
        }
        self.api.access.check(route.kind, &request.headers)?;
        let query = parse_query(&request.query)?;
        let (received, file) = match route.body {
            Body::File => (ReceivedBody::default(), stream(body, self.api.limits.body_timeout)),
            read => {
                let received = read.read(&request.headers, body, &self.api.limits, &self.memory).await?;
                (received, Box::pin(futures::stream::empty()) as BodyStream)
            }
        };
        let request = ApiRequest {
            api: self.api.clone(),
            document: self.document.clone(),
            request_id: request_id.to_owned(),
            method: request.method,
            path_params,
            query,
            body: received.bytes,
            held: received.memory,
            memory: self.memory.clone(),
            headers: request.headers,
        };
        let _open = self.open_requests.begin(route);
        match &route.handler {
            Handler::Node(handler) => handler(request).await,
            Handler::Inference(handler) => handler(with_role("inference", &self.api.inference)?, request).await,
            Handler::Gateway(handler) => {
                let answer = async { handler(with_role("gateway", &self.api.gateway)?, request, file).await };
                // after an error the rest of a file is not read
                answer.await.map_err(|error| if route.body == Body::File { error.closing() } else { error })
            }
        }
    }
}

/// The handles of a role, if the node runs it.
fn with_role<T: Clone>(role: &str, handles: &Option<T>) -> Result<T, ApiError> {
    handles.clone().ok_or_else(|| {
        let detail = format!("this node does not run the role {role}; ask one that does");
        ApiError::new(StatusCode::NOT_FOUND, "role_not_running", detail)
    })
}

/// A panic of a handler becomes a 500 for its caller.
async fn catch_panic(
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

/// 503: every ordinary connection has a request in hand, and this one is of the reserve.
fn no_connection_free() -> ApiError {
    let detail = "all connections that HTTP_MAX_CONNECTIONS allows are at work; try again later";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "connections_full", detail).retry_after(1).closing()
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such route; GET /openapi.json lists them")
}

/// Counts a request. An unknown method counts as `other`, so that callers cannot create series.
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

/// Creates the series of every route, so that they exist before the first request.
pub fn create_series(metrics: &Metrics, router: &Router) {
    for (label, method) in router.labels() {
        metrics.http.request_duration_seconds.with_label_values(&[label]);
        metrics.http.requests_total.with_label_values(&[label, method.as_str(), StatusCode::OK.as_str()]);
    }
    metrics.http.request_duration_seconds.with_label_values(&[OTHER]);
    metrics.http.requests_total.with_label_values(&[OTHER, OTHER, StatusCode::NOT_FOUND.as_str()]);
}

/// Counts a request as in flight until it is dropped.
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
        let outcome = catch_panic(async { panic!("cell {} is empty", 3) }, "id").await;
        let error = outcome.expect_err("a panic is an error");
        assert_eq!((error.status, error.code), (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"));
        assert!(!error.detail.contains("cell"), "the cause is for the log");
    }
}
