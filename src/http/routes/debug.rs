//! `GET /debug/actors[/{name}]`: phase, restarts, last exit and state of each actor.

use serde::Serialize;
use utoipa::{PartialSchema, ToSchema};
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

use crate::actors::draw_live;
use crate::http::api::Api;
use crate::http::openapi::schemas;
use crate::http::server::{ApiError, ApiRequest, Operation, json_response, string_schema};
use crate::runtime::{ActorReport, MemoryState, OBSERVE_WITHIN, millis};

/// Every actor of a node.
#[derive(Serialize, ToSchema)]
struct Actors {
    node: NodeReport,
    #[schema(schema_with = actor_reports)]
    actors: Vec<ActorReport>,
}

/// The node itself.
#[derive(Serialize, ToSchema)]
struct NodeReport {
    /// Host name.
    name: String,
    roles: Vec<String>,
    version: &'static str,
    uptime_ms: u64,
    /// The shares of the memory budget.
    memory: Vec<MemoryReport>,
    #[schema(pattern = "^(running|draining)$", example = "running")]
    phase: &'static str,
    /// Risks that were accepted with a setting.
    warnings: Vec<String>,
}

/// A share of the memory budget.
#[derive(Serialize, ToSchema)]
struct MemoryReport {
    /// What uses it.
    share: &'static str,
    limit_bytes: usize,
    reserved_bytes: usize,
    /// Reservations that found no memory since the start.
    refused: u64,
}

fn actor_reports() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::Array::new(schemas::ActorReport::schema())
}

/// The description of the route of all actors.
pub fn actors_operation() -> Operation {
    Operation::new("actors", "Every actor: phase, restarts, last exit, its own state")
        .about("Answers within 200 ms; an actor that does not answer shows its last state as `stale`.")
        .query("format", "`text` draws a tree", string_schema("^(json|text)$"))
        .answers::<Actors>(200, "The actors")
        .answers_text(200, "The actors", "text/plain; charset=utf-8")
        .fails(422, "`invalid_field`: there is no such format")
}

/// `GET /debug/actors[?format=text]`.
pub async fn actors(request: ApiRequest) -> Result<Response, ApiError> {
    let actors = reports(&request.api).await;
    match request.query.get("format").map(String::as_str) {
        None | Some("json") => json_response(&Actors { node: node_report(&request.api), actors }),
        Some("text") => Ok(draw_live(&request.api.plan, &actors).into_response()),
        Some(_) => Err(ApiError::invalid_field("`format` must be json or text")),
    }
}

/// The description of the route of one actor.
pub fn actor_operation() -> Operation {
    Operation::new("actor", "One actor")
        .answers::<schemas::ActorReport>(200, "The actor")
        .fails(404, "`unknown_actor`: none has this name; the detail lists them")
}

/// `GET /debug/actors/{name}`.
pub async fn actor(request: ApiRequest) -> Result<Response, ApiError> {
    let name = request.path_param("name").unwrap_or_default();
    let reports = reports(&request.api).await;
    match reports.iter().find(|report| report.name == name) {
        Some(report) => json_response(report),
        None => Err(unknown_actor(name, &reports)),
    }
}

/// The reports of all actors; an actor that does not answer in time is reported as stale.
async fn reports(api: &Api) -> Vec<ActorReport> {
    api.supervisor.reports(OBSERVE_WITHIN).await
}

fn memory_report(state: MemoryState) -> MemoryReport {
    MemoryReport {
        share: state.name,
        limit_bytes: state.limit_bytes,
        reserved_bytes: state.reserved_bytes,
        refused: state.refused,
    }
}

/// 404: no actor has this name.
fn unknown_actor(name: &str, reports: &[ActorReport]) -> ApiError {
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_actor",
        format!("no actor is called `{name}`; there are {}", names.join(", ")),
    )
}

fn node_report(api: &Api) -> NodeReport {
    NodeReport {
        name: api.node.name.clone(),
        roles: api.node.roles.clone(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_ms: millis(api.node.started.elapsed()),
        memory: api.services.memory.states().map(memory_report).into(),
        phase: if api.services.health.is_draining() { "draining" } else { "running" },
        warnings: api.node.warnings.clone(),
    }
}
