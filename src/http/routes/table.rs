//! The table of routes: the one place that says what there is. Dispatch, 405s, metrics and the OpenAPI document follow it.

use std::future::Future;

use warp::http::Method;
use warp::reply::Response;

use crate::http::api::InferenceApi;
use crate::http::openapi::{Operation, document};
use crate::http::routes::predict::{handler, schema};
use crate::http::routes::promotion::{rollback, show};
use crate::http::server::Body::{Json, JsonOrText, Nothing};
use crate::http::server::{ApiError, ApiRequest, Body, Handler, Route};

use super::{config, debug, faults, health, log_level, metrics, publish, reload, scale};

/// Every route: first its paths, then what answers, then what it is.
#[rustfmt::skip] // one route a row
pub fn table() -> Vec<Route> {
    vec![
        post(&[handler::PATH], Json, inference(handler::predict), schema::operation),
        get(&["/predict_ping"], inference(metrics::ping), metrics::ping_operation),
        get(&["/queue_stats"], inference(metrics::queue_stats), metrics::queue_stats_operation),
        post(&["/scale_workers"], Json, inference(scale::scale_workers), scale::operation).changing(),
        post(&["/reload_latest"], Nothing, inference(reload::reload_latest), reload::operation).changing(),
        post(&["/publish_inference_claims"], Json, node(publish::publish), publish::operation).changing(),

        get(&["/promotion", "/promotion/{identifier}"], node(show::pointer), show::pointer_operation),
        get(&["/promotion/history", "/promotion/{identifier}/history"], node(show::history), show::history_operation),
        post(&["/promotion/rollback", "/promotion/{identifier}/rollback"], Json, node(rollback::rollback), rollback::rollback_operation).changing(),

        get(&["/healthz", "/livez"], node(health::healthz), health::healthz_operation),
        get(&["/readyz", "/ready"], node(health::readyz), health::readyz_operation),
        get(&["/metrics"], node(metrics::metrics), metrics::operation),
        get(&["/prometheus"], node(metrics::prometheus), metrics::prometheus_operation),

        get(&["/debug/actors"], node(debug::actors), debug::actors_operation),
        get(&["/debug/actors/{name}"], node(debug::actor), debug::actor_operation),
        get(&["/debug/config"], node(config::config), config::operation),
        put(&["/debug/log-level"], JsonOrText, node(log_level::set), log_level::operation).changing(),
        post(&["/debug/faults/{actor}"], Json, node(faults::inject), faults::operation).changing(),

        get(&["/openapi.json"], node(document::serve), document::operation),
    ]
}

type Paths = &'static [&'static str];
type Said = fn() -> Operation;

fn get(paths: Paths, handler: Handler, operation: Said) -> Route {
    Route { method: Method::GET, paths, handler, operation, body: Nothing, changes: false }
}

fn post(paths: Paths, body: Body, handler: Handler, operation: Said) -> Route {
    Route { method: Method::POST, paths, handler, operation, body, changes: false }
}

fn put(paths: Paths, body: Body, handler: Handler, operation: Said) -> Route {
    Route { method: Method::PUT, paths, handler, operation, body, changes: false }
}

impl Route {
    /// Not for everybody.
    fn changing(self) -> Self {
        Self { changes: true, ..self }
    }
}

/// Any node answers.
fn node<F>(answer: fn(ApiRequest) -> F) -> Handler
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    Handler::Node(Box::new(move |call| Box::pin(answer(call))))
}

/// A node with the role `inference` answers.
fn inference<F>(answer: fn(InferenceApi, ApiRequest) -> F) -> Handler
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    Handler::Inference(Box::new(move |inference, call| Box::pin(answer(inference, call))))
}
