//! `GET /healthz` and `GET /readyz`: the probes of Kubernetes.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

use crate::forecast::Standing;
use crate::http::server::{ApiError, ApiRequest, Operation, json_response};
use crate::runtime::Readiness;

/// The process and its supervisor answer.
#[derive(Serialize, ToSchema)]
struct Alive {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the node should get traffic.
#[derive(Serialize, ToSchema)]
struct Ready {
    ready: bool,
    /// Whether forecasts can be made.
    model_loaded: bool,
    /// Whether a naive method is served, because no model beats the naive methods; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fallback: bool,
    /// Whether the model was promoted before all expected families were judged; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
    /// Each part that is not up, and why.
    #[schema(example = json!(["model: starting"]))]
    waiting_for: Vec<String>,
    /// Each dependency that is away, why and for how long, and what is damaged; a node that serves forecasts stays ready on the model it
    /// has.
    #[schema(example = json!(["broker: no answer from 127.0.0.1:9092 (away for 4 s)"]))]
    degraded: Vec<String>,
}

/// The description of the liveness probe.
pub fn healthz_operation() -> Operation {
    Operation::new("healthz", "Liveness: the process and its supervisor answer")
        .answers::<Alive>(200, "It is alive")
        .fails(503, "`supervisor_silent`: a dead actor would not be started again; restart the process")
}

/// `GET /healthz`: 200 while the process and its supervisor are alive. Services outside of the process do not matter.
pub async fn healthz(request: ApiRequest) -> Result<Response, ApiError> {
    if !request.api.supervisor.is_alive() {
        let detail =
            "the supervisor gave up or is silent, so that a dead actor is not started again; restart this process";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "supervisor_silent", detail));
    }
    json_response(&Alive { status: "ok" })
}

/// The description of the readiness probe.
pub fn readyz_operation() -> Operation {
    Operation::new("readyz", "Readiness: every role of this node can do its work")
        .answers::<Ready>(200, "It should get traffic")
        .answers::<Ready>(503, "It should not, and why")
}

/// `GET /readyz`: 200 once every latch of this node's roles is open; a node without the role `inference` needs its
/// dependencies too.
pub async fn readyz(request: ApiRequest) -> Result<Response, ApiError> {
    let Readiness { ready, waiting_for, degraded } = request.api.services.health.ready();
    let served = request.api.inference.as_ref().and_then(|inference| inference.serving.served());
    let model_loaded = served.is_some();
    let Standing { fallback, provisional } = served.map(|served| served.standing).unwrap_or_default();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Ready { ready, model_loaded, fallback, provisional, waiting_for, degraded };
    Ok(warp::reply::with_status(warp::reply::json(&body), status).into_response())
}
