//! What the handlers of routes work with: the handles of a node, and who it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::actors::{InferencePool, Planned, PromotionWatcher, Services, Serving};
use crate::runtime::{ActorRef, SupervisorHandle};

use super::server::{Admin, Limits, LogLevel};

/// This node, as `/debug/actors` names it.
#[derive(Clone)]
pub struct Node {
    /// Host name.
    pub name: String,
    /// Roles it runs.
    pub roles: Vec<String>,
    /// When it started.
    pub started: Instant,
    /// What operators should go on seeing: a risk that was accepted.
    pub warnings: Vec<String>,
}

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
    pub config: Value,
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

/// What the route needs.
#[derive(Clone)]
pub struct PredictSettings {
    /// The identifier that requests mean when they name none.
    pub identifier: String,
    /// Deadline of a request that names none.
    pub timeout: Duration,
}
