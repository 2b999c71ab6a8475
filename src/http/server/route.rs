//! A route as a value: method, paths, handler, body and description.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use warp::http::Method;
use warp::reply::Response;

use crate::http::api::{GatewayApi, InferenceApi};

use super::access::CallKind;
use super::body::{Body, BodyStream};
use super::error::ApiError;
use super::operation::Operation;
use super::request::ApiRequest;

/// The response that a handler is working on.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;

/// The parts of a path that its template names, percent-decoded.
pub type PathParams = BTreeMap<&'static str, String>;

/// The function that answers, and the role that it needs.
pub enum Handler {
    /// Runs on any node.
    Node(Box<dyn Fn(ApiRequest) -> ResponseFuture + Send + Sync>),
    /// Runs on a node with the role `inference`.
    Inference(Box<dyn Fn(InferenceApi, ApiRequest) -> ResponseFuture + Send + Sync>),
    /// Runs on a node with the role `gateway`, and reads the body as it arrives.
    Gateway(Box<dyn Fn(GatewayApi, ApiRequest, BodyStream) -> ResponseFuture + Send + Sync>),
}

/// One row of the table of routes.
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// Path templates with the same meaning; the first is the route's label in metrics.
    pub paths: &'static [&'static str],
    /// The function that answers.
    pub handler: Handler,
    /// The description for the OpenAPI document.
    pub operation: fn() -> Operation,
    /// The body that the route takes.
    pub body: Body,
    /// What a call does, and so who may make it.
    pub kind: CallKind,
    /// Whether the route is answered on the reserve of connections too, which load does not take.
    pub on_reserve: bool,
}

impl Route {
    /// The label of the route in metrics.
    pub fn label(&self) -> &'static str {
        self.paths[0]
    }
}

/// The name in the braces of a path segment such as `{identifier}` or `{path...}`; `None` for a literal segment.
pub fn path_param_name(segment: &'static str) -> Option<&'static str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.strip_suffix(REST).unwrap_or(name))
}

/// Whether a parameter, such as `{path...}`, takes all segments that are left; it is the last one of its path.
pub fn takes_the_rest(segment: &str) -> bool {
    segment.strip_suffix('}').is_some_and(|name| name.ends_with(REST))
}

/// What a parameter that takes all segments that are left has behind its name.
const REST: &str = "...";
