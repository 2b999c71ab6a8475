//! The API: one route a file, and one table of them.
//!
//! * `routes`: the table
//! * `listener`: connections, their limits, TLS
//! * `dispatch` (with `router`, `open_requests`, `call`, `request_id`, `body`, `whole`, `admin`, `error`): from a request to its answer
//! * `predict`, `scale`, `reload`, `promotion`: forecasts, and what is served
//! * `publish`: claims for batch inference
//! * `health`, `metrics`: probes and measurements
//! * `debug`, `faults`, `config`, `log_level`: what an operator needs
//! * `openapi` (with `operation`, `records`): all of this as a document

mod admin;
mod body;
mod call;
mod config;
mod debug;
mod dispatch;
mod error;
mod faults;
mod health;
mod listener;
mod log_level;
mod metrics;
mod open_requests;
mod openapi;
mod operation;
mod predict;
mod promotion;
mod publish;
mod records;
mod reload;
mod request_id;
mod router;
mod routes;
mod scale;
mod whole;

use std::future::Future;
use std::sync::Arc;

use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::filters::path::FullPath;
use warp::http::{HeaderMap, Method};
use warp::reply::Response;

use crate::actors::{InferencePool, Planned, PromotionWatcher, Services, Serving};
use crate::runtime::{ActorRef, SupervisorHandle};

use dispatch::{Asked, Table};
use router::Router;

pub use admin::Admin;
pub use debug::Node;
pub use error::ApiError;
pub use listener::{Limits, Listener, Tls, TlsError};
pub use log_level::{LOG_LEVELS, LogLevel, is_log_directives};
pub use open_requests::OpenRequests;
pub use predict::PredictSettings;

/// Everything that handlers look at.
pub struct Api {
    /// Shared handles of the node.
    pub services: Services,
    /// Who is this node: name, roles, version.
    pub node: Node,
    /// The series that requests are about when they name none.
    pub identifier: String,
    /// The actors.
    pub supervisor: SupervisorHandle,
    /// The inference pool, where this node runs one.
    pub inference: Option<InferenceApi>,
    /// What the node runs.
    pub plan: Vec<Planned>,
    /// Whether faults may be injected.
    pub faults_enabled: bool,
    /// Whether claims may be published.
    pub publish_enabled: bool,
    /// Who may make changing calls.
    pub admin: Admin,
    /// What a request may take of us.
    pub limits: Limits,
    /// The settings that hold, secrets redacted.
    pub config: serde_json::Value,
    /// The log of this process.
    pub log_level: Arc<dyn LogLevel>,
}

/// What the routes of the role `inference` need.
#[derive(Clone)]
pub struct InferenceApi {
    /// Queue and model.
    pub serving: Serving,
    /// The pool, for scaling.
    pub pool: ActorRef<InferencePool>,
    /// The watcher of the pointer, for looking now.
    pub watcher: ActorRef<PromotionWatcher>,
    /// Defaults of requests.
    pub predict: PredictSettings,
    /// Threads that a pool may have at most.
    pub pool_scale_max: usize,
}

/// Serves the API until `shutdown` resolves and open requests are answered; beside it, what is open at any time.
pub fn serve(
    listener: Listener,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> (impl Future<Output = ()> + Send + 'static, Arc<OpenRequests>) {
    let router = Router::of(routes::table());
    dispatch::touch(&api.services.events.metrics, &router);
    let document = Arc::new(openapi::document(&router, api.admin.token.is_some()));
    let open = Arc::new(OpenRequests::of(&router));
    let table = Arc::new(Table { router, document, open: open.clone() });
    let service = TowerToHyperService::new(warp::service(filter(Arc::new(api), table)));
    let answering = move |request| -> listener::Answering { Box::pin(service.call(request)) };
    (listener::serve(listener, answering, shutdown), open)
}

/// Every request goes to the table: what a route is stands there, and not in the order of filters.
fn filter(api: Arc<Api>, table: Arc<Table>) -> BoxedFilter<(Response,)> {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(move |method: Method, path: FullPath, query, headers: HeaderMap, body| {
            let (api, table) = (api.clone(), table.clone());
            let asked = Asked { method, path: path.as_str().to_owned(), query, headers };
            async move { dispatch::answer(api, table, asked, body).await }
        })
        .boxed()
}
