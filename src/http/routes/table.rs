//! The table of routes. Dispatch, `405` responses, metrics labels and the OpenAPI document follow it.

use std::future::Future;

use warp::http::Method;
use warp::reply::Response;

use crate::http::api::{GatewayApi, InferenceApi};
use crate::http::server::Body::{File, Json, JsonOrText, Nothing, Rows};
use crate::http::server::{ApiError, ApiRequest, Body, BodyStream, CallKind, Handler, Operation, Route};

use super::*;

/// Every route: method, paths, body, handler, description.
#[rustfmt::skip] // one route a row
pub fn table() -> Vec<Route> {
    vec![
        post(&[predict::PATH], Rows, inference(predict::predict), predict::operation),
        get(&["/forecast", "/forecast/{identifier}"], inference(predict::forecast_known), predict::forecast_operation),
        get(&["/series"], node(series::list), series::operation),
        get(&["/predict_ping"], inference(metrics::ping), metrics::ping_operation),
        get(&["/queue_stats"], inference(metrics::queue_stats), metrics::queue_stats_operation),
        post(&["/scale_workers"], Json, inference(scale::scale_workers), scale::operation).changing(),
        post(&["/reload_latest"], Nothing, inference(reload::reload_latest), reload::operation).changing(),
        post(&["/publish_inference_claims"], Json, node(publish::publish), publish::operation).changing(),

        get(&["/promotion", "/promotion/{identifier}"], node(promotion::pointer), promotion::pointer_operation),
        get(&["/promotion/history", "/promotion/{identifier}/history"], node(promotion::history), promotion::history_operation),
        post(&["/promotion/rollback", "/promotion/{identifier}/rollback"], Json, node(promotion::rollback), promotion::rollback_operation).changing(),

        post(&["/upload/{bucket}/{path...}"], File, gateway(files::upload), files::upload_operation).changing(),
        get(&["/download/{bucket}/{path...}"], gateway(files::download), files::download_operation).changing(),

        get(&["/healthz", "/livez"], node(health::healthz), health::healthz_operation).probe(),
        get(&["/readyz", "/ready"], node(health::readyz), health::readyz_operation).probe(),
        get(&["/metrics"], node(metrics::metrics), metrics::operation).reserved(),
        get(&["/prometheus"], node(metrics::prometheus), metrics::prometheus_operation).reserved(),

        get(&["/debug/actors"], node(debug::actors), debug::actors_operation).reserved(),
        get(&["/debug/actors/{name}"], node(debug::actor), debug::actor_operation).reserved(),
        get(&["/debug/config"], node(config::config), config::operation).reserved(),
        put(&["/debug/log-level"], JsonOrText, node(log_level::set), log_level::operation).changing().reserved(),
        post(&["/debug/faults/{actor}"], Json, node(faults::inject), faults::operation).changing().reserved(),

        get(&["/openapi.json"], node(openapi::openapi), openapi::operation),
    ]
}

type Paths = &'static [&'static str];
type Describe = fn() -> Operation;

fn get(paths: Paths, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::GET, paths, handler, operation, body: Nothing, kind: CallKind::Read, on_reserve: false }
}

fn post(paths: Paths, body: Body, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::POST, paths, handler, operation, body, kind: CallKind::Forecast, on_reserve: false }
}

fn put(paths: Paths, body: Body, handler: Handler, operation: Describe) -> Route {
    Route { method: Method::PUT, paths, handler, operation, body, kind: CallKind::Change, on_reserve: false }
}

impl Route {
    /// The route changes state, and so needs the admin token.
    fn changing(self) -> Self {
        Self { kind: CallKind::Change, ..self }
    }

    /// The route is a probe: open to everyone, and answered whatever the load.
    fn probe(self) -> Self {
        Self { kind: CallKind::Probe, on_reserve: true, ..self }
    }

    /// The route is answered on the reserve of connections too: who looks for the cause of a load needs it.
    fn reserved(self) -> Self {
        Self { on_reserve: true, ..self }
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

/// A handler that runs on a node with the role `gateway`.
fn gateway<F>(handler: fn(GatewayApi, ApiRequest, BodyStream) -> F) -> Handler
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    Handler::Gateway(Box::new(move |gateway, request, body| Box::pin(handler(gateway, request, body))))
}
