//! Puts the API together: listener, table of routes and OpenAPI document.

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
use super::openapi::document;
use super::routes::table;
use super::server::{
    Dispatcher, Listener, OnReserve, OpenRequests, RawRequest, RequestMemory, Router, ServiceFuture, create_series,
    serve_connections,
};

/// Serves the API until `shutdown` resolves and the open requests are answered. Also returns the count of open requests.
pub fn serve(
    listener: Listener,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> (impl Future<Output = ()> + Send + 'static, Arc<OpenRequests>) {
    let router = Router::new(table());
    create_series(&api.services.events.metrics, &router);
    let document = Arc::new(document(&router, &api.access));
    let open_requests = Arc::new(OpenRequests::new(&router));
    let memory = RequestMemory::new(api.services.memory.requests.clone());
    let timer_lag = api.timer_lag.clone();
    let dispatcher = Dispatcher { api: Arc::new(api), router, document, memory, open_requests: open_requests.clone() };
    let service = TowerToHyperService::new(warp::service(filter(Arc::new(dispatcher))));
    let answer = move |request| -> ServiceFuture { Box::pin(service.call(request)) };
    let connections = serve_connections(listener, answer, shutdown);
    let served = async move {
        tokio::select! {
            () = connections => {}
            () = timer_lag.measure() => {}
        }
    };
    (served, open_requests)
}

/// One warp filter for all requests: the table of routes decides, not the order of filters.
fn filter(dispatcher: Arc<Dispatcher>) -> BoxedFilter<(Response,)> {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<OnReserve>())
        .and(warp::body::stream())
        .then(move |method: Method, path: FullPath, query, headers: HeaderMap, reserve: Option<OnReserve>, body| {
            let dispatcher = dispatcher.clone();
            let request =
                RawRequest { method, path: path.as_str().to_owned(), query, headers, on_reserve: reserve.is_some() };
            async move { dispatcher.answer(request, body).await }
        })
        .boxed()
}
