//! Serves the API: listener, table of routes and OpenAPI document put together.

use std::future::Future;
use std::sync::Arc;

use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::filters::path::FullPath;
use warp::http::{HeaderMap, Method};
use warp::reply::Response;

use super::api::Api;
use super::server::{Answering, Asked, Listener, OpenRequests, Router, Table, answer, serve_connections, touch};
use super::{openapi, routes};

/// Serves the API until `shutdown` resolves and open requests are answered; beside it, what is open at any time.
pub fn serve(
    listener: Listener,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> (impl Future<Output = ()> + Send + 'static, Arc<OpenRequests>) {
    let router = Router::of(routes::table());
    touch(&api.services.events.metrics, &router);
    let document = Arc::new(openapi::document(&router, api.admin.token.is_some()));
    let open = Arc::new(OpenRequests::of(&router));
    let table = Arc::new(Table { router, document, open: open.clone() });
    let service = TowerToHyperService::new(warp::service(filter(Arc::new(api), table)));
    let answering = move |request| -> Answering { Box::pin(service.call(request)) };
    (serve_connections(listener, answering, shutdown), open)
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
            async move { answer(api, table, asked, body).await }
        })
        .boxed()
}
