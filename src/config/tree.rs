//! The typed configuration of a node.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::actors::Roles;
use crate::forecast::PreprocessConfig;
use crate::http::{Limits, Tls};
use crate::kafka::TopicLayout;
use crate::storage::{CaBundle, StorePatience};

use super::shown::Shown;

/// Everything a node needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// What this node does.
    pub roles: Roles,
    /// The series that requests and claims are about when they name none.
    pub identifier: String,
    /// Folder of the embedded store and of local state.
    pub data_dir: PathBuf,
    /// The folder or the `node.json` of the node whose broker and store are used; none: configured ones or its own.
    pub join: Option<PathBuf>,
    /// Log directives, as `tracing` reads them.
    pub log_level: String,
    /// Whether faults may be injected.
    pub enable_faults: bool,
    /// The listener.
    pub http: Http,
    /// The broker.
    pub kafka: Kafka,
    /// The object store.
    pub object_store: ObjectStore,
    /// What is read, and how it is prepared.
    pub data: Data,
    /// How families are trained.
    pub training: Training,
    /// How candidates are judged.
    pub judging: Judging,
    /// How forecasts are served.
    pub inference: Inference,
    /// Restarts, heartbeats, stopping.
    pub supervision: Supervision,
    /// What whoever starts the node should know, to be logged once.
    pub notes: Vec<String>,
    /// Every setting with its value and where that came from, secrets redacted.
    pub shown: Vec<Shown>,
}

/// The listener and what it lets in.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What a peer may take of us.
    pub limits: Limits,
    /// Certificate and key; none: plain HTTP.
    pub tls: Option<Tls>,
    /// What changing calls must carry.
    pub admin_token: Option<Secret>,
}

/// How the broker is reached.
#[derive(Debug, Clone)]
pub struct Kafka {
    /// `host:port,...`; none: the embedded broker.
    pub bootstrap_servers: Option<String>,
    /// Settings for librdkafka, those of security among them; their values may be secret.
    pub extra: Vec<(String, Secret)>,
    /// The group of this node's one consumer, in place of the fixed name.
    pub consumer_group: Option<String>,
    /// How topics that are missing are created.
    pub topics: TopicLayout,
}

/// How the object store is reached.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    /// An S3 store, and no embedded one; without an address it is AWS itself.
    pub is_s3: bool,
    /// Where it is.
    pub endpoint_url: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// None with an S3 store: they are looked for where AWS's own tools do.
    pub credentials: Option<Credentials>,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// More authorities whose certificates are good.
    pub ca_bundle: Option<CaBundle>,
    /// How long it is waited for.
    pub patience: StorePatience,
    /// Whether a store that ignores conditions may be used all the same.
    pub allow_unsafe_pointer: bool,
    /// Where the embedded store listens.
    pub embedded_addr: SocketAddr,
}

impl ObjectStore {
    /// Where the store is, unless it is the embedded one.
    pub fn place(&self) -> Option<String> {
        let aws = || format!("AWS, region {}", self.region);
        self.is_s3.then(|| self.endpoint_url.clone().unwrap_or_else(aws))
    }
}

/// The keys of an object store.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Access key.
    pub access_key: Secret,
    /// Secret key.
    pub secret_key: Secret,
    /// Token of temporary keys.
    pub session_token: Option<Secret>,
}

/// What is read, and how it is prepared.
#[derive(Debug, Clone)]
pub struct Data {
    /// The part that the configuration's hash covers.
    pub preprocess: PreprocessConfig,
    /// The columns that are forecast and scored.
    pub targets: Targets,
    /// Longest run of missing rows that is imputed.
    pub max_gap_rows: usize,
    /// Preprocess at start even what is there already.
    pub force_reprocess: bool,
}

/// Which columns are forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// The first numeric column.
    First,
    /// Every numeric column.
    All,
    /// These.
    Named(Vec<String>),
}

/// How families are trained.
#[derive(Debug, Clone)]
pub struct Training {
    /// The families this node trains.
    pub model_types: Vec<String>,
    /// Rows that a model looks at.
    pub input_rows: usize,
    /// Steps that a model forecasts at once.
    pub output_rows: usize,
    /// Width of a recurrent layer.
    pub hidden_size: usize,
    /// Recurrent layers.
    pub num_layers: usize,
    /// Windows in a step.
    pub batch_size: usize,
    /// Passes over the data; none: the fixed schedule.
    pub epochs: Option<usize>,
    /// Steps; none: the fixed schedule.
    pub max_steps: Option<usize>,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Trainings at the same time.
    pub concurrency: usize,
    /// Time from one checkpoint of a training to the next.
    pub checkpoint_interval: Duration,
    /// How long a trainer that says nothing counts as alive.
    pub lease_ttl: Duration,
    /// Seed of every random choice.
    pub seed: u64,
}

/// How candidates are judged.
#[derive(Debug, Clone)]
pub struct Judging {
    /// The families that are waited for.
    pub expected_model_types: Vec<String>,
    /// The families that may be promoted.
    pub promotable_model_types: Vec<String>,
    /// Weight of each metric, by its name.
    pub score_weights: BTreeMap<String, f64>,
    /// Share by which a challenger must win.
    pub promotion_margin: f64,
    /// How long a silent family is waited for.
    pub judge_timeout: Duration,
}

/// How forecasts are served.
#[derive(Debug, Clone)]
pub struct Inference {
    /// Threads of the pool at start.
    pub workers: usize,
    /// Most threads of the pool.
    pub pool_scale_max: usize,
    /// Rows that may wait.
    pub queue_max_rows: usize,
    /// Most rows in a batch.
    pub batch_rows: usize,
    /// How long a batch waits to get fuller.
    pub batch_timeout: Duration,
    /// Deadline of a request that names none.
    pub predict_timeout: Duration,
    /// Steps of the forecast that a claim gets.
    pub claim_horizon: usize,
    /// Whether `POST /publish_inference_claims` may publish.
    pub enable_publish: bool,
}

/// Restarts, heartbeats, stopping.
#[derive(Debug, Clone)]
pub struct Supervision {
    /// Restarts of an actor within the window.
    pub restart_limit: u32,
    /// The window in which restarts are counted.
    pub restart_window: Duration,
    /// Pause before the first restart.
    pub restart_backoff: Duration,
    /// Longest pause before a restart.
    pub restart_backoff_max: Duration,
    /// Restarts of a group within its window.
    pub group_restart_limit: u32,
    /// The window in which restarts of a group are counted.
    pub group_restart_window: Duration,
    /// Worker threads of a pool that may die within their window.
    pub worker_restart_limit: u32,
    /// The window in which deaths of worker threads are counted.
    pub worker_restart_window: Duration,
    /// How often actors show that they are alive.
    pub heartbeat_interval: Duration,
    /// Silence that counts as unresponsive; three intervals if that is more.
    pub heartbeat_timeout: Duration,
    /// How often each role searches for work left undone.
    pub reconcile_interval: Duration,
    /// How long a stopping node still serves.
    pub drain_notice: Duration,
    /// How long a stopping node may take after that.
    pub drain_timeout: Duration,
    /// File for the reason when a supervisor gives up.
    pub termination_log: Option<PathBuf>,
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
