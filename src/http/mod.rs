//! The API: one route a file. `guard` stands before every handler.
//!
//! * `predict`: `POST /predict`
//! * `scale`: `POST /scale_workers`
//! * `health`: `/healthz`, `/readyz` and the metrics in text form
//! * `debug`: `/debug/actors`, `/debug/faults/{actor}`

mod debug;
mod error;
mod guard;
mod health;
mod predict;
mod scale;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, StatusCode};
use warp::reply::{Reply, Response};
use warp::{Filter, Rejection};

use crate::actors::{Faults, Services, Serving};
use crate::runtime::{ActorRef, SupervisorHandle};

pub use error::ApiError;
pub use guard::Admin;
pub use predict::PredictSettings;

/// Everything that handlers look at.
#[derive(Clone)]
pub struct Api {
    /// Shared handles of the node.
    pub services: Services,
    /// Who is this node: name, roles, version.
    pub node: debug::Node,
    /// The actors.
    pub supervisor: SupervisorHandle,
    /// The inference pool, where this node runs one.
    pub inference: Option<InferenceApi>,
    /// Faults on demand, where they are enabled.
    pub faults: Option<Faults>,
    /// Who may make changing calls.
    pub admin: Admin,
    /// Largest body that is read.
    pub max_body_bytes: usize,
}

/// What the routes of the role `inference` need.
#[derive(Clone)]
pub struct InferenceApi {
    /// Queue and model.
    pub serving: Serving,
    /// The pool, for scaling.
    pub pool: ActorRef<crate::actors::InferencePool>,
    /// Defaults of requests.
    pub predict: PredictSettings,
    /// Threads that a pool may have at most.
    pub pool_scale_max: usize,
}

pub use debug::Node;

/// Serves the API on a bound listener until `shutdown` resolves and open requests are answered, or
/// `grace` has passed after it.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) {
    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    let graceful = async move {
        shutdown.await;
        drop(closing);
    };
    let server = warp::serve(routes(api)).incoming(listener).graceful(graceful).run();
    let deadline = async move {
        let _ = closed.await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        () = server => {}
        () = deadline => tracing::warn!(event = "http_drain_late", "open requests were not answered in time"),
    }
}

type Query = BTreeMap<String, String>;

/// All routes of this node, with counters around them.
pub fn routes(api: Api) -> BoxedFilter<(Response,)> {
    let counted = api.services.events.metrics.clone();
    let gauge = counted.clone();
    let log = warp::log::custom(move |info| {
        let route = route_label(info.path());
        counted
            .http_requests_total
            .with_label_values(&[route, method_label(info.method()), info.status().as_str()])
            .inc();
        counted.http_request_duration_seconds.with_label_values(&[route]).observe(info.elapsed().as_secs_f64());
        if info.status() == StatusCode::INTERNAL_SERVER_ERROR {
            counted.error_500_total.inc();
        }
    });
    let in_flight = warp::any().map(move || InFlight::new(gauge.clone()));
    let all = predict_route(api.clone())
        .or(scale_route(api.clone()))
        .unify()
        .or(health_routes(api.clone()))
        .unify()
        .or(debug_routes(api))
        .unify()
        .recover(not_found)
        .unify();
    in_flight.and(all).map(|_guard, response: Response| response).with(log).map(Reply::into_response).boxed()
}

fn predict_route(api: Api) -> BoxedFilter<(Response,)> {
    let path = warp::path("predict").and(warp::path::end());
    path.and(warp::post())
        .and(with(api))
        .and(warp::header::headers_cloned())
        .and(warp::query::<Query>())
        .and(warp::body::stream())
        .then(|api: Api, headers: HeaderMap, query: Query, body| async move {
            let id = guard::request_id(&headers);
            guard::answer(id.clone(), async move {
                let inference = require(&api)?;
                let body = guard::read_body(body, api.max_body_bytes).await?;
                let result =
                    predict::predict(&inference.serving, &inference.predict, &headers, &query, body, &id).await;
                let outcome = result.as_ref().map_or_else(|error| outcome(error.code), |_| "success");
                api.services.events.metrics.jobs_outcome_total.with_label_values(&[outcome]).inc();
                result.map(|value| warp::reply::json(&value))
            })
            .await
        })
        .boxed()
}

fn scale_route(api: Api) -> BoxedFilter<(Response,)> {
    let path = warp::path("scale_workers").and(warp::path::end());
    path.and(warp::post())
        .and(with(api))
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(|api: Api, headers: HeaderMap, body| async move {
            guard::answer(guard::request_id(&headers), async move {
                api.admin.check(&headers)?;
                let body: Bytes = guard::read_body(body, api.max_body_bytes).await?;
                scale::scale_workers(require(&api)?, &body).await.map(|value| warp::reply::json(&value))
            })
            .await
        })
        .boxed()
}

fn health_routes(api: Api) -> BoxedFilter<(Response,)> {
    let live = warp::path("healthz")
        .or(warp::path("livez"))
        .unify()
        .and(warp::path::end())
        .and(warp::get())
        .map(health::healthz);
    let ready = warp::path("readyz")
        .or(warp::path("ready"))
        .unify()
        .and(warp::path::end())
        .and(warp::get())
        .and(with(api.clone()))
        .map(|api: Api| health::readyz(&api));
    let metrics = warp::path("metrics")
        .or(warp::path("prometheus"))
        .unify()
        .and(warp::path::end())
        .and(warp::get())
        .and(with(api))
        .map(|api: Api| health::metrics(&api));
    live.or(ready).unify().or(metrics).unify().boxed()
}

fn debug_routes(api: Api) -> BoxedFilter<(Response,)> {
    let actors = warp::path!("debug" / "actors")
        .and(warp::get())
        .and(with(api.clone()))
        .and(warp::header::headers_cloned())
        .and(warp::query::<Query>())
        .then(|api: Api, headers: HeaderMap, query: Query| async move {
            guard::answer(guard::request_id(&headers), debug::actors(&api, &query)).await
        });
    let actor = warp::path!("debug" / "actors" / String)
        .and(warp::get())
        .and(with(api.clone()))
        .and(warp::header::headers_cloned())
        .then(|name: String, api: Api, headers: HeaderMap| async move {
            guard::answer(guard::request_id(&headers), debug::actor(&api, &name)).await
        });
    let fault = warp::path!("debug" / "faults" / String)
        .and(warp::post())
        .and(with(api))
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(|name: String, api: Api, headers: HeaderMap, body| async move {
            guard::answer(guard::request_id(&headers), async move {
                api.admin.check(&headers)?;
                let body = guard::read_body(body, api.max_body_bytes).await?;
                debug::inject(&api, &name, &body).await
            })
            .await
        });
    actors.or(actor).unify().or(fault).unify().boxed()
}

fn with(api: Api) -> impl Filter<Extract = (Api,), Error = Infallible> + Clone {
    warp::any().map(move || api.clone())
}

fn require(api: &Api) -> Result<&InferenceApi, ApiError> {
    api.inference.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "role_not_running",
            "this node does not run the role inference; ask one that does",
        )
    })
}

/// Which word of `inference_jobs_outcome_total` an error code counts under.
fn outcome(code: &str) -> &'static str {
    match code {
        "queue_full" => "queue_full",
        "deadline_exceeded" => "timeout",
        "worker_died" => "worker_died",
        "model_error" | "model_not_loaded" => "server_error",
        _ => "client_error",
    }
}

/// The last word when no route matched.
async fn not_found(rejection: Rejection) -> Result<Response, Infallible> {
    let error = if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this route does not know the method")
    } else if rejection.find::<warp::reject::InvalidQuery>().is_some() {
        ApiError::bad_request("the query string cannot be read; write it as name=value")
    } else {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such route; see the README for the list")
    };
    Ok(error.respond(&guard::request_id(&HeaderMap::new())))
}

/// Labels are a closed set: what callers invent does not become a series.
fn route_label(path: &str) -> &'static str {
    match path {
        "/predict" => "/predict",
        "/scale_workers" => "/scale_workers",
        "/healthz" | "/livez" => "/healthz",
        "/readyz" | "/ready" => "/readyz",
        "/metrics" | "/prometheus" => "/metrics",
        path if path.starts_with("/debug/actors") => "/debug/actors",
        path if path.starts_with("/debug/faults/") => "/debug/faults",
        _ => "other",
    }
}

fn method_label(method: &warp::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

struct InFlight(std::sync::Arc<crate::actors::Metrics>);

impl InFlight {
    fn new(metrics: std::sync::Arc<crate::actors::Metrics>) -> Self {
        metrics.http_requests_in_flight.inc();
        Self(metrics)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.http_requests_in_flight.dec();
    }
}
