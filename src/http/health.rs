//! Probes and metrics. Liveness looks at nothing outside this process.

use serde_json::json;
use warp::http::{StatusCode, header};
use warp::reply::{Reply, Response};

use super::Api;

/// `GET /healthz`.
pub fn healthz() -> Response {
    warp::reply::json(&json!({"status": "ok"})).into_response()
}

/// `GET /readyz`: 200 once every latch of this node's roles is open.
pub fn readyz(api: &Api) -> Response {
    let readiness = api.services.health.ready();
    let model_loaded = api.inference.as_ref().is_some_and(|inference| inference.serving.served().is_some());
    let body = json!({"ready": readiness.ready, "model_loaded": model_loaded, "waiting_for": readiness.waiting_for});
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    warp::reply::with_status(warp::reply::json(&body), status).into_response()
}

/// `GET /metrics` in the text format of Prometheus.
pub fn metrics(api: &Api) -> Response {
    let metrics = &api.services.events.metrics;
    if let Some(inference) = &api.inference {
        inference.serving.refresh_gauges();
    }
    for (latch, open) in api.services.health.latches() {
        metrics.ready.with_label_values(&[latch.as_str()]).set(i64::from(open));
    }
    warp::reply::with_header(metrics.text(), header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .into_response()
}
