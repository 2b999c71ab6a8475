//! The typed configuration of a node.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::actors::Roles;
use crate::forecast::{PreprocessConfig, ReadOptions, ScoreWeights, TrainSettings};
use crate::http::{Limits, Tls};
use crate::kafka::TopicLayout;
use crate::storage::{CaBundle, StorePatience};

use super::address::ListenAddr;
use super::shown::Shown;

/// The file in `DATA_DIR` that says how to reach the running node; `JOIN` may name it instead of its folder.
pub const NODE_FILE: &str = "node.json";

/// Everything a node needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// The roles of this node.
    pub roles: Roles,
    /// The series of requests and claims that name none.
    pub identifier: String,
    /// Folder of the embedded store and of local state.
    pub data_dir: PathBuf,
    /// The folder or the `node.json` of the node whose broker and store are used; `None`: configured or embedded ones.
    pub join: Option<PathBuf>,
    /// Log directives in the syntax of `tracing`.
    pub log_level: String,
    /// The memory that the process may take, in bytes; `None`: from the limit of the container, or from the machine.
    pub memory_budget_bytes: Option<usize>,
    /// Whether faults may be injected.
    pub enable_faults: bool,
    /// The listener.
    pub http: Http,
    /// The broker.
    pub kafka: Kafka,
    /// The object store.
    pub object_store: ObjectStore,
    /// The data set and its preparation.
    pub data: Data,
    /// How families are trained.
    pub training: Training,
    /// How candidates are judged.
    pub judging: Judging,
    /// How forecasts are served.
    pub inference: Inference,
    /// Restarts, heartbeats, stopping.
    pub supervision: Supervision,
    /// Notes for the operator, logged once at the start.
    pub notes: Vec<String>,
    /// Every setting with its value and origin, secrets redacted.
    pub shown: Vec<Shown>,
}

/// The HTTP listener.
#[derive(Debug, Clone)]
pub struct Http {
    /// The address it listens on.
    pub addr: ListenAddr,
    /// Host names of requests that are accepted besides loopback ones.
    pub allowed_hosts: Vec<String>,
    /// Limits of connections and requests.
    pub limits: Limits,
    /// Largest file that the gateway takes in.
    pub upload_max_bytes: u64,
    /// Certificate and key; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// The bearer token of changing calls.
    pub admin_token: Option<Secret>,
    /// The bearer token of reading calls.
    pub read_token: Option<Secret>,
}

/// The Kafka brokers.
#[derive(Debug, Clone)]
pub struct Kafka {
    /// `host:port,...`; `None`: the embedded broker.
    pub bootstrap_servers: Option<String>,
    /// librdkafka settings, including those of security; their values may be secret.
    pub extra: Vec<(String, Secret)>,
    /// The group of this node's only consumer, in place of the fixed name.
    pub consumer_group: Option<String>,
    /// How topics that are missing are created.
    pub topics: TopicLayout,
}

/// The object store.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    /// Whether it is an S3 store and not the embedded one; without an address it is AWS S3.
    pub is_s3: bool,
    /// Its address, if it is neither embedded nor AWS S3.
    pub endpoint_url: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// Its keys; `None`: the credential chain of the AWS SDK finds them.
    pub credentials: Option<Credentials>,
    /// Whether the bucket is part of the path and not of the host name.
    pub path_style: bool,
    /// Additional CA certificates to trust.
    pub ca_bundle: Option<CaBundle>,
    /// Timeouts and attempts of calls.
    pub patience: StorePatience,
    /// Whether a store that ignores conditional writes may be used.
    pub allow_unsafe_pointer: bool,
    /// Where the embedded store listens.
    pub embedded_addr: ListenAddr,
}

impl ObjectStore {
    /// The address of the store in words; `None` for the embedded one.
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
    /// The files that access key, secret key and token were read from.
    pub files: [Option<PathBuf>; 3],
}

/// The data set and its preparation.
#[derive(Debug, Clone)]
pub struct Data {
    /// The part that the configuration's hash covers.
    pub preprocess: PreprocessConfig,
    /// The columns that are forecast and scored.
    pub targets: Targets,
    /// How files are read.
    pub read: ReadOptions,
    /// Whether a data set that exists is preprocessed again at the start.
    pub force_reprocess: bool,
}

/// Which columns are forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// The first numeric column.
    First,
    /// Every numeric column.
    All,
    /// The columns of these names.
    Named(Vec<String>),
}

/// How families are trained.
#[derive(Debug, Clone)]
pub struct Training {
    /// The families this node trains.
    pub model_types: Vec<String>,
    /// How each of them is trained.
    pub settings: TrainSettings,
    /// Number of trainings at the same time, one thread each.
    pub concurrency: usize,
    /// Time between two checkpoints of a training.
    pub checkpoint_interval: Duration,
    /// Time without renewal after which a lease expires.
    pub lease_ttl: Duration,
}

/// How candidates are judged.
#[derive(Debug, Clone)]
pub struct Judging {
    /// The families whose runs the evaluator waits for.
    pub expected_model_types: Vec<String>,
    /// The families that may be promoted.
    pub promotable_model_types: Vec<String>,
    /// How the metrics of a candidate become its score, instead of its mean relative loss.
    pub score_weights: Option<ScoreWeights>,
    /// Share by which a challenger must beat the champion.
    pub promotion_margin: f64,
    /// Whether a provisional decision is made while a data set waits and nothing is served.
    pub provisional_promotion: bool,
    /// Longest wait for the runs of a data set.
    pub judge_timeout: Duration,
}

/// How forecasts are served.
#[derive(Debug, Clone)]
pub struct Inference {
    /// Threads of the pool at start.
    pub workers: usize,
    /// Most threads that the pool may be scaled to.
    pub pool_scale_max: usize,
    /// Rows that may wait in the queue.
    pub queue_max_rows: usize,
    /// Most rows in a batch.
    pub batch_rows: usize,
    /// How long an incomplete batch waits for more rows.
    pub batch_timeout: Duration,
    /// Deadline of a request that names none.
    pub predict_timeout: Duration,
    /// Steps of the forecast that answers a claim.
    pub claim_horizon: usize,
    /// The buckets that claims may read.
    pub claim_buckets: Vec<String>,
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
    /// How often actors send a heartbeat.
    pub heartbeat_interval: Duration,
    /// Time without a heartbeat after which an actor is unresponsive; at least three intervals.
    pub heartbeat_timeout: Duration,
    /// How often each role searches the store for unfinished work.
    pub reconcile_interval: Duration,
    /// How long a stopping node keeps serving.
    pub drain_notice: Duration,
    /// Longest time to stop after the notice.
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
