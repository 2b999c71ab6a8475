//! Names of the replaced system that are neither settings nor aliases, and what a node does with each.
//! `docs/migration.md` holds the same table.

use crate::actors::Role;
use crate::kafka::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, PERFORMANCE_EVAL, TRAINING_DATA};

/// A name of the original, and what a node does with its values.
#[derive(Debug, Clone, Copy)]
pub struct Original {
    /// The name, as an environment variable.
    pub name: &'static str,
    /// Values that describe what the node does anyway: accepted.
    pub same: &'static [&'static str],
    /// Values that have no effect: accepted with a note. All others are refused.
    pub noted: Noted,
    /// Why, in half a sentence.
    pub about: &'static str,
}

/// Which values are accepted with a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// None.
    Nothing,
    /// These.
    Only(&'static [&'static str]),
    /// All values.
    Anything,
}

const ON: &[&str] = &["1", "true", "yes", "on"];
const OFF: &[&str] = &["0", "false", "no", "off"];

/// A name with one built-in meaning: any other value is refused.
const fn fixed(name: &'static str, same: &'static [&'static str], about: &'static str) -> Original {
    Original { name, same, noted: Noted::Nothing, about }
}

/// A name that has no effect any more: every value is noted.
const fn gone(name: &'static str, about: &'static str) -> Original {
    Original { name, same: &[], noted: Noted::Anything, about }
}

/// A name whose usual values are noted and whose other values are refused.
const fn usual(name: &'static str, noted: &'static [&'static str], about: &'static str) -> Original {
    Original { name, same: &[], noted: Noted::Only(noted), about }
}

const TOPICS: &str = "topics have fixed names";
const BUCKETS: &str = "buckets have fixed names";
const BY_CONTENT: &str = "objects are named by their content, and claims carry the name";
const DATA_SET_ROWS: &str = "samples are the first rows, which no seed changes";
const EARLY_STOP: &str = "the training schedule is fixed";
const PROPHET: &str = "Prophet runs with what the original has by default";
const GONE_FAMILIES: &str = "it belongs to a model family that is gone";
const BY_DATA_SET: &str = "a round of judging takes the runs of its data set, however many there are";
const BY_POINTER: &str = "the pointer decides what is served";
const READINESS: &str = "GET /readyz says when a model is served; until then requests are answered with 503";
const POOL: &str = "the pool has INFERENCE_WORKERS threads, and QUEUE_MAXSIZE rows may wait";
const RESULT_LOG: &str = "answers to claims are always logged, with all that a reader may need";
const CLIENT: &str = "what the Kafka client fetches is set with KAFKA_CONFIG";
const BACKPRESSURE: &str = "a consumer pauses by itself while its records are worked on";
const DEBUGGING: &str = "LOG_LEVEL sets what is logged";
const NEVER_READ: &str = "the original did not read it either";
const SERVER: &str = "connections and their limits are the node's own";
const MINIO: &str = "it belongs to MinIO; a node reads S3_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// Every name, by the service that read it.
#[rustfmt::skip] // one name a row
pub const ORIGINALS: &[Original] = &[
    gone("GATEWAY_URL", "the object store is spoken to directly"),
    gone("CONFIG_PATH", NEVER_READ),
    fixed("USE_KFP", OFF, "there is no Kubeflow mode: claims and events go through Kafka"),
    fixed("USE_KAFKA", ON, "claims and events always go through Kafka, the embedded broker where none is configured"),
    gone("MINIO_ROOT_USER", MINIO),
    gone("MINIO_ROOT_PASSWORD", MINIO),
    gone("MINIO_API_PORT", MINIO),
    gone("MINIO_CONSOLE_PORT", MINIO),
    gone("MINIO_ENDPOINT", MINIO),
    usual("MINIO_DEFAULT_BUCKET", &["dataset"], BUCKETS),
    gone("DISABLE_BUCKET_ENSURE", "buckets that are missing are created, and those there are left as they are"),

    fixed("PRODUCER_TOPIC_0", &[TRAINING_DATA], TOPICS),
    fixed("PRODUCER_TOPIC_1", &[INFERENCE_DATA], TOPICS),
    fixed("INPUT_BUCKET", &["dataset"], BUCKETS),
    fixed("OUTPUT_BUCKET", &["processed-data"], BUCKETS),
    gone("OUTPUT_TRAIN", BY_CONTENT),
    gone("OUTPUT_TEST", BY_CONTENT),
    gone("SAMPLE_SEED", DATA_SET_ROWS),

    gone("EARLY_STOPPING", EARLY_STOP),
    gone("PATIENCE", EARLY_STOP),
    usual("EXPERIMENT_NAME", &["Default", "NonML"], "every run is kept under the experiment Default"),
    fixed("FAILURE_MAX_RETRIES", &["3"], "a record is given up after its third rejection"),
    fixed("SKIP_DUPLICATE_CONFIGS", ON, "a finished run is never trained twice; EXTRA_HASH_SALT or SEED make it another run"),
    gone("DUP_CACHE_MAX", "finished runs are found in the object store, not in a cache"),
    gone("DEFAULT_CONFIG_HASH", "every data set has the hash of its configuration"),
    gone("TRAIN_TEST_SPLIT", "train and test part are two files; flts run --data splits one file"),
    gone("TRIMS", PROPHET),
    gone("MODEL_DIM", GONE_FAMILIES),
    gone("NUM_HEADS", GONE_FAMILIES),
    gone("FEEDFORWARD_DIM", GONE_FAMILIES),
    gone("DROPOUT", GONE_FAMILIES),
    gone("LAYER_ARCHITECTURE", GONE_FAMILIES),
    gone("KERNEL_SIZE", GONE_FAMILIES),
    gone("GROWTH", PROPHET),
    gone("N_CHANGEPOINTS", PROPHET),
    gone("CHANGEPOINT_RANGE", PROPHET),
    gone("CHANGEPOINT_PRIOR_SCALE", PROPHET),
    gone("YEARLY_SEASONALITY", PROPHET),
    gone("WEEKLY_SEASONALITY", PROPHET),
    gone("DAILY_SEASONALITY", PROPHET),
    gone("SEASONALITY_MODE", PROPHET),
    gone("SEASONALITY_PRIOR_SCALE", PROPHET),
    gone("HOLIDAYS_PRIOR_SCALE", PROPHET),
    gone("COUNTRY", PROPHET),
    gone("SEASON_LENGTH", GONE_FAMILIES),
    gone("DOWNSAMPLING", GONE_FAMILIES),
    gone("ENABLE_XAI", NEVER_READ),
    fixed("MLFLOW_ARTIFACT_BUCKET", &["mlflow"], BUCKETS),

    fixed("MODEL_TRAINING_TOPIC", &[MODEL_TRAINING], TOPICS),
    fixed("MODEL_SELECTED_TOPIC", &[MODEL_SELECTED], TOPICS),
    usual("DLQ_MODEL_SELECTED", &["DLQ-model-selected"], "dead letters go to DLQ- and the topic they were read from, here DLQ-model-training"),
    fixed("PROMOTION_BUCKET", &["model-promotion"], BUCKETS),
    gone("LOOKBACK_RUNS", BY_DATA_SET),
    gone("PROMOTION_SEARCH_RETRIES", BY_DATA_SET),
    gone("PROMOTION_SEARCH_DELAY_SEC", BY_DATA_SET),
    gone("PROMOTION_SCOREBOARD_LIMIT", BY_DATA_SET),

    usual("CONSUMER_TOPIC_0", &[INFERENCE_DATA], TOPICS),
    usual("CONSUMER_TOPIC_1", &[MODEL_TRAINING], BY_POINTER),
    fixed("PROMOTION_TOPIC", &[MODEL_SELECTED], TOPICS),
    usual("DLQ_PERFORMANCE_TOPIC", &["DLQ-performance-eval"], "dead letters go to DLQ- and the topic they were read from"),
    usual("PUBLISH_TOPIC", &[INFERENCE_DATA], TOPICS),
    fixed("PROCESSED_BUCKET", &["processed-data"], BUCKETS),
    fixed("INFERENCE_LOG_BUCKET", &["inference-logs", "inference-txt-logs"], BUCKETS),
    gone("TEST_OBJECT_KEY", BY_CONTENT),
    fixed("INFERENCE_AUTOLOAD_PROMOTED", ON, "the promoted model is always served"),
    gone("INFERENCE_PRELOAD_TEST", "a request brings its own rows"),
    gone("DISABLE_STARTUP_INFERENCE", "nothing is forecast at start"),
    gone("RUN_INFERENCE_ON_TRAIN_SUCCESS", BY_POINTER),
    gone("ALLOWED_INFERENCE_MODELS", "PROMOTABLE_MODEL_TYPES says which families may be served"),
    gone("WAIT_FOR_MODEL", READINESS),
    gone("MODEL_WAIT_TIMEOUT", READINESS),
    gone("READINESS_CHECK_MODEL", READINESS),
    gone("ENABLE_PREWARM", "every model is warmed up before it is served"),
    gone("INFERENCE_PREWARM", NEVER_READ),
    gone("PREWARM_MODEL", NEVER_READ),
    gone("INFERENCE_START_IN_APP", "a node is one process"),
    usual("SAMPLE_IDX", &["0"], "a forecast starts after the last row sent"),
    gone("PREDICT_MAX_CONCURRENCY", POOL),
    gone("PREDICT_THREADPOOL_WORKERS", POOL),
    fixed("PREDICT_FORCE_OK", OFF, "every answer is computed by the model"),
    fixed("SIMULATE_DELAY_SECS", &["0", "0.0"], "answers are given as soon as they are there"),
    gone("PREDICT_ALLOW_CACHED", NEVER_READ),
    gone("DISABLE_INFERENCE_CACHE", NEVER_READ),
    gone("INFERENCE_DISABLE_LOG_UPLOAD", RESULT_LOG),
    gone("PREDICT_LOG_FEATURE_LIMIT", RESULT_LOG),
    gone("PREDICT_MAX_ERROR_STEPS", RESULT_LOG),
    gone("PREDICT_PROGRESS_INTERVAL", DEBUGGING),
    gone("INFER_VERBOSE_DATA", DEBUGGING),
    gone("ENABLE_RESOURCE_LOGS", "process_* of GET /metrics tell memory, processor and files"),
    gone("DEBUG_PANDAS_TRACE", DEBUGGING),
    gone("DEBUG_PAYLOAD_TRACE", DEBUGGING),
    gone("INFER_VERSION", "GET /debug/actors tells the version"),
    gone("USE_BOUNDED_QUEUE", "the queue is always bounded, by QUEUE_MAXSIZE"),
    gone("USE_MANUAL_COMMIT", "offsets are committed when their work is done"),
    gone("FETCH_MAX_WAIT_MS", CLIENT),
    gone("MAX_POLL_RECORDS", CLIENT),
    gone("PAUSE_THRESHOLD_PCT", BACKPRESSURE),
    gone("RESUME_THRESHOLD_PCT", BACKPRESSURE),
    gone("ENABLE_MICROBATCH", "requests are always batched, up to INFERENCE_BATCH_ROWS"),
    gone("ENABLE_TTL", "the header deadline_ms always counts"),
    fixed("POOL_SCALE_MIN", &["1"], "a pool keeps at least one thread"),
    fixed("INFERENCE_TIMEOUT", &["30", "30.0"], "the deadline of a request is PREDICT_TIMEOUT_MS, in milliseconds"),
    gone("QUEUE_MONITOR_INTERVAL_SECS", "queue metrics are always up to date"),
    gone("PROCESS_POOL_START_METHOD", "workers are threads"),
    fixed("USE_DUMMY_INFERENCER", OFF, "every answer is computed by the model"),
    gone("UVICORN_KEEPALIVE", SERVER),
];

/// The topics of each role, for names whose meaning depends on the role.
pub const ROLE_TOPICS: &[RoleTopics] = &[
    RoleTopics { role: Role::Preprocess, consumes: None, produces: TRAINING_DATA },
    RoleTopics { role: Role::Trainer, consumes: Some(TRAINING_DATA), produces: MODEL_TRAINING },
    RoleTopics { role: Role::Evaluator, consumes: Some(MODEL_TRAINING), produces: MODEL_SELECTED },
    RoleTopics { role: Role::Inference, consumes: Some(INFERENCE_DATA), produces: PERFORMANCE_EVAL },
];

/// The topics of a role that `CONSUMER_TOPIC` and `PRODUCER_TOPIC` name.
#[derive(Debug, Clone, Copy)]
pub struct RoleTopics {
    /// The role that has these topics.
    pub role: Role,
    /// The topic it consumes, if any.
    pub consumes: Option<&'static str>,
    /// The topic it produces to.
    pub produces: &'static str,
}

/// Names that are clear only if one role of the process uses them.
pub const OF_ONE_ROLE: [&str; 4] = ["CONSUMER_GROUP_ID", "EVAL_GROUP_ID", "CONSUMER_TOPIC", "PRODUCER_TOPIC"];

/// The names as `docs/migration.md` shows them, those with one outcome and one reason in a row.
pub fn markdown() -> String {
    let mut rows: Vec<(String, &str, Vec<String>)> = Vec::new();
    for original in ORIGINALS {
        let (name, outcome) = (format!("`{}`", original.name), original.outcome());
        match rows.iter_mut().find(|(known, about, _)| *known == outcome && *about == original.about) {
            Some((_, _, names)) => names.push(name),
            None => rows.push((outcome, original.about, vec![name])),
        }
    }
    let row = |(outcome, about, names): &(String, &str, Vec<String>)| {
        format!("| {} | {outcome} | {about} |\n", names.join(", "))
    };
    "| variable | what a node does with it | why |\n|---|---|---|\n".to_owned()
        + &rows.iter().map(row).collect::<String>()
}

impl Original {
    fn outcome(&self) -> String {
        let listed = |values: &[&str]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        match self.noted {
            Noted::Anything => "noted: no effect".into(),
            Noted::Only(values) => format!("{} noted: no effect; anything else refused", listed(values)),
            Noted::Nothing => format!("{} accepted; anything else refused", listed(self.same)),
        }
    }
}
