//! What an operator looks at when something is wrong: every actor, and faults on demand.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

use crate::actors::{Fault, InjectError};
use crate::runtime::{ActorReport, LastExit};

use super::error::ApiError;
use super::{Api, Query};

/// How long actors have to tell their state; the whole answer takes less than 200 ms.
const ASK_WITHIN: Duration = Duration::from_millis(150);

/// This node, as `/debug/actors` names it.
#[derive(Clone)]
pub struct Node {
    /// Host name.
    pub name: String,
    /// Roles it runs.
    pub roles: Vec<String>,
    /// When it started.
    pub started: Instant,
}

/// `GET /debug/actors[?format=text]`.
pub async fn actors(api: &Api, query: &Query) -> Result<Response, ApiError> {
    let reports = api.supervisor.reports(ASK_WITHIN).await;
    if query.get("format").is_some_and(|format| format == "text") {
        return Ok(tree(&reports).into_response());
    }
    Ok(warp::reply::json(&json!({"node": node(api), "actors": reports})).into_response())
}

/// `GET /debug/actors/{name}`.
pub async fn actor(api: &Api, name: &str) -> Result<Response, ApiError> {
    let reports = api.supervisor.reports(ASK_WITHIN).await;
    match reports.iter().find(|report| report.name == name) {
        Some(report) => Ok(warp::reply::json(report).into_response()),
        None => Err(unknown(name, &reports)),
    }
}

#[derive(Deserialize)]
struct Body {
    fault: Fault,
}

/// `POST /debug/faults/{actor}`, only where faults are enabled.
pub async fn inject(api: &Api, name: &str, body: &[u8]) -> Result<Response, ApiError> {
    let Some(faults) = &api.faults else {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "faults_disabled",
            "faults are off; start the node with ENABLE_FAULTS=1",
        ));
    };
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("send {{\"fault\": \"panic\"}} ({error})")))?;
    match faults.inject(name, body.fault).await {
        Ok(()) => Ok(warp::reply::json(&json!({"status": "injected", "actor": name})).into_response()),
        Err(InjectError::Unknown) => Err(unknown(name, &api.supervisor.reports(ASK_WITHIN).await)),
        Err(error) => Err(ApiError::bad_request(error.to_string())),
    }
}

fn unknown(name: &str, reports: &[ActorReport]) -> ApiError {
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_actor",
        format!("no actor is called `{name}`; there are {}", names.join(", ")),
    )
}

fn node(api: &Api) -> Value {
    let node = &api.node;
    let phase = if api.services.health.is_draining() { "draining" } else { "running" };
    json!({"name": node.name, "roles": node.roles, "version": env!("CARGO_PKG_VERSION"), "uptime_ms": node.started.elapsed().as_millis() as u64, "phase": phase})
}

fn exited(exit: &LastExit) -> String {
    let place = exit.at.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
    let message = exit.message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
    format!("  {} {} ms ago{message}{place}", exit.cause, exit.ago_ms)
}

/// One line an actor, under its group.
fn tree(reports: &[ActorReport]) -> String {
    let mut text = String::new();
    let mut group = "";
    for report in reports {
        if report.group != group {
            group = report.group;
            text.push_str(&format!("{group}\n"));
        }
        let exit = report.last_exit.as_ref().map_or_else(String::new, exited);
        text.push_str(&format!(
            "  {:<28} {:<10?} generation {}, restarts {}/{}{exit}\n",
            report.name, report.phase, report.generation, report.restarts_in_window, report.restart_limit
        ));
    }
    text
}
