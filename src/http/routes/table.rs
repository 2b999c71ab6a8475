//! The table of routes. Dispatch, `405` responses, metrics labels and the OpenAPI document follow it.

use std::future::Future;

use warp::http::Method;
use warp::reply::Response;

use crate::http::api::InferenceApi;
use crate::http::server::Body::{Json, JsonOrText, Nothing};
use crate::http::server::{ApiError, ApiRequest, Body, Handler, Operation, Route};

use super::*;

/// Every route: method, paths, body, handler, description.
#[rustfmt::skip] // one route a row
pub fn table() -> Vec<Route> {
    vec![
        post(&[predict::PATH], Json, inference(predict::predict), predict::operation),
        get(&["/predict_ping"], inference(metrics::ping), metrics::ping_operation),
        get(&["/queue_stats"], inference(metrics::queue_stats), metrics::queue_stats_operation),
        post(&["/scale_workers"], Json, inference(scale::scale_workers), scale::operation).changing(),
        post(&["/reload_latest"], Nothing, inference(reload::reload_latest), reload::operation).changing(),
        post(&["/publish_inference_claims"], Json, node(publish::publish), publish::operation).changing(),

        get(&["/promotion", "/promotion/{identifier}"], node(promotion::pointer), promotion::pointer_operation),
        get(&["/promotion/history", "/promotion/{identifier}/history"], node(promotion::history), promotion::history_operation),
        post(&["/promotion/rollback", "/promotion/{identifier}/rollback"], Json, node(promotion::rollback), promotion::rollback_operation).changing(),

        get(&["/healthz", "/livez"], node(health::healthz), health::healthz_operation),
        get(&["/readyz", "/ready"], node(health::readyz), health::readyz_operation),
        get(&["/metrics"], node(metrics::metrics), metrics::operation),
        get(&["/prometheus"], node(metrics::prometheus), metrics::prometheus_operation),

        get(&["/debug/actors"], node(debug::actors), debug::actors_operation),
        get(&["/debug/actors/{name}"], node(debug::actor), debug::actor_operation),
        get(&["/debug/config"], node(config::config), config::operation),
        put(&["/debug/log-level"], JsonOrText, node(log_level::set), log_level::operation).changing(),
        post(&["/debug/faults/{actor}"], Json, node(faults::inject), faults::operation).changing(),

        get(&["/openapi.json"], node(openapi::openapi), openapi::operation),
    ]
}

type Paths = &'static [&'static str];
type Describe = fn() -> Operation;

fn get(paths: Paths, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::GET, paths, handler, operation, body: Nothing, changes: false }
}

fn post(paths: Paths, body: Body, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::POST, paths, handler, operation, body, changes: false }
}

fn put(paths: Paths, body: Body, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::PUT, paths, handler, operation, body, changes: false }
}

impl Route {
    /// The route changes state, and so needs the admin token.
    fn changing(self) -> Self {
        Self { changes: true, ..self }
    }
}

/// A handler that runs on any node.
fn node<F>(handler: fn(ApiRequest) -> F) -> Handler
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    Handler::Node(Box::new(move |request| Box::pin(handler(request))))
}

/// A handler that runs on a node with the role `inference`.
fn inference<F>(handler: fn(InferenceApi, ApiRequest) -> F) -> Handler
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    Handler::Inference(Box::new(move |inference, request| Box::pin(handler(inference, request))))
}
