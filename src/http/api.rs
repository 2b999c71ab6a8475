//! The handles of a node that handlers work with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::actors::{InferencePool, KnownRows, Planned, PromotedModels, PromotionWatcher, Services, Serving};
use crate::limits::Limit;
use crate::runtime::{ActorRef, SupervisorHandle};
use crate::storage::ObjectStore;

use super::server::{Access, Limits, LogLevel};
use super::timer_lag::TimerLag;

/// The identity of this node, as `/debug/actors` shows it.
#[derive(Clone)]
pub struct Node {
    /// Host name.
    pub name: String,
    /// The roles that it runs.
    pub roles: Vec<String>,
    /// The time of its start.
    pub started: Instant,
    /// Warnings for operators: risks that a setting accepted.
    pub warnings: Vec<String>,
}

/// Everything that handlers use.
pub struct Api {
    /// Shared handles of the node.
    pub services: Services,
    /// The identity of this node.
    pub node: Node,
    /// The series of requests that name none.
    pub identifier: String,
    /// The supervisor of the actors.
    pub supervisor: SupervisorHandle,
    /// The inference pool, if this node has the role `inference`.
    pub inference: Option<InferenceApi>,
    /// The files that it passes on, if this node has the role `gateway`.
    pub gateway: Option<GatewayApi>,
    /// The actors that the node runs.
    pub plan: Vec<Planned>,
    /// Whether faults may be injected.
    pub faults_enabled: bool,
    /// Whether claims may be published.
    pub publish_enabled: bool,
    /// How late timers of the node fire; measured while the API is served.
    pub timer_lag: Arc<TimerLag>,
    /// Who may call what.
    pub access: Access,
    /// Limits of connections and requests.
    pub limits: Limits,
    /// The settings in effect, secrets redacted.
    pub config: Value,
    /// The log of this process.
    pub log_level: Arc<dyn LogLevel>,
}

/// The handles that routes of the role `inference` use.
#[derive(Clone)]
pub struct InferenceApi {
    /// Job queue and served model.
    pub serving: Serving,
    /// The models of all series.
    pub models: PromotedModels,
    /// The newest rows of all series.
    pub known_rows: KnownRows,
    /// The pool, to scale it.
    pub pool: ActorRef<InferencePool>,
    /// The watcher of the pointer, to reload it.
    pub watcher: ActorRef<PromotionWatcher>,
    /// Defaults of `POST /predict`.
    pub predict: PredictSettings,
    /// Most threads that the pool may be scaled to.
    pub pool_scale_max: usize,
}

/// What routes of the role `gateway` pass on, and what not.
#[derive(Clone)]
pub struct GatewayApi {
    /// The store of the files.
    pub objects: ObjectStore,
    /// Largest file that is taken in.
    pub upload: Limit,
}

/// Defaults of `POST /predict`.
#[derive(Clone)]
pub struct PredictSettings {
    /// The series of requests that name none.
    pub identifier: String,
    /// The deadline of requests that name none.
    pub timeout: Duration,
    /// Whether a naive method may be promoted, so that something is always served.
    pub naive_promotable: bool,
}
