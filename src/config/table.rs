//! The settings table: the one place that names a setting, its default and its meaning.

use std::borrow::Cow;

use crate::forecast::{FAMILY_NAMES, TRAINED_NAMES};
use crate::storage::BUCKETS;

use super::kind::Kind;

/// One setting, spelled alike as environment variable, `FLTS_` variable and flag.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The name, as an environment variable.
    pub name: &'static str,
    /// Other names with the same meaning.
    pub aliases: &'static [&'static str],
    /// The kind of its values.
    pub kind: Kind,
    /// Its value if it is not given.
    pub default: Fallback,
    /// The heading under which the help lists it.
    pub group: Group,
    /// Whether its value is never shown and may come from `<NAME>_FILE`.
    pub secret: bool,
    /// Whether an empty value counts as given.
    pub empty_counts: bool,
    /// Its meaning, in half a sentence.
    pub help: &'static str,
}

/// The value of a setting that is not given.
#[derive(Debug, Clone, Copy)]
pub enum Fallback {
    /// This value.
    Is(&'static str),
    /// All of these, with commas between them.
    All(&'static [&'static str]),
    /// No value, and what that means in words.
    Unset(&'static str),
}

/// The headings of the help, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Every role.
    Node,
    /// The broker.
    Kafka,
    /// The object store.
    ObjectStore,
    /// Role preprocess.
    Preprocess,
    /// Role trainer.
    Trainer,
    /// Role evaluator.
    Evaluator,
    /// Role inference.
    Inference,
    /// Restarts and stopping.
    Supervision,
}

impl Group {
    /// The heading as people read it.
    pub fn heading(self) -> &'static str {
        match self {
            Group::Node => "Node",
            Group::Kafka => "Kafka",
            Group::ObjectStore => "Object store",
            Group::Preprocess => "Data (role preprocess)",
            Group::Trainer => "Training (role trainer)",
            Group::Evaluator => "Judging (role evaluator)",
            Group::Inference => "Serving (role inference)",
            Group::Supervision => "Supervision and stopping",
        }
    }
}

impl Setting {
    const fn new(group: Group, name: &'static str, kind: Kind, default: Fallback, help: &'static str) -> Setting {
        Setting { name, aliases: &[], kind, default, group, secret: false, empty_counts: false, help }
    }

    const fn alias(self, aliases: &'static [&'static str]) -> Setting {
        Setting { aliases, ..self }
    }

    const fn secret(self) -> Setting {
        Setting { secret: true, ..self }
    }

    const fn empty_counts(self) -> Setting {
        Setting { empty_counts: true, ..self }
    }

    /// The name and its aliases, the name first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The default as the help and `docs/configuration.md` show it.
    pub fn default_text(&self) -> String {
        match self.default {
            Fallback::Is("") => "empty".into(),
            Fallback::Is(value) => value.into(),
            Fallback::All(values) => values.join(","),
            Fallback::Unset(meaning) => meaning.into(),
        }
    }
}

impl Fallback {
    /// The text that is read as the value, if there is one.
    pub fn text(self) -> Option<Cow<'static, str>> {
        match self {
            Fallback::Is(value) => Some(value.into()),
            Fallback::All(values) => Some(values.join(",").into()),
            Fallback::Unset(_) => None,
        }
    }
}

/// The setting of this name (not alias), which the table must hold.
pub fn setting(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("invariant: only names of the settings table are read")
}

/// The flag of a name: `HTTP_ADDR` is `--http-addr`.
pub fn flag(name: &str) -> String {
    format!("--{}", name.to_lowercase().replace('_', "-"))
}

/// The families that are trained from claims.
pub const TRAINED: &[&str] = &TRAINED_NAMES;
/// Every family, those that the evaluator fits in the round included.
pub const FAMILIES: &[&str] = &FAMILY_NAMES;
/// The families that a trainer fits, and an evaluator waits for, where no setting names them.
pub const TRAINED_BY_DEFAULT: &[&str] = &["GRU", "LSTM"];

use Fallback::{All, Is, Unset};
use Group::{Evaluator, Inference, Node, Preprocess, Supervision, Trainer};
use Kind::{Bool, Number, Path, Text, Whole};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

const fn row(group: Group, name: &'static str, kind: Kind, default: Fallback, help: &'static str) -> Setting {
    Setting::new(group, name, kind, default, help)
}

/// Every setting, in the order in which the help and `docs/configuration.md` show them.
#[rustfmt::skip] // one setting a row reads better than rustfmt's column of arguments
pub const SETTINGS: &[Setting] = &[
    row(Node, "ROLES", Kind::Words { valid: &["all", "preprocess", "trainer", "evaluator", "inference", "gateway"], later: &[] }, Is("all"),
        "what this node does: all, or a comma list of preprocess, trainer, evaluator, inference, gateway").alias(&["ROLE"]),
    row(Node, "HTTP_ADDR", Kind::Address, Is("127.0.0.1:8000"), "address of API, probes, metrics and debug routes, as host:port; :8000 is every address of the machine"),
    row(Node, "HTTP_ALLOWED_HOSTS", Kind::HostNames, Unset("unset: loopback names and the name in HTTP_ADDR"), "host names under which a loopback listener answers reading calls and forecasts besides, as of a proxy on this machine that passes the Host header on"),
    row(Node, "DATA_DIR", Path, Is("./flts-data"), "folder of the embedded store and of local state"),
    row(Node, "JOIN", Path, Unset("unset: a broker and a store of its own"), "DATA_DIR of another node (or its node.json), whose broker and store this node uses"),
    row(Node, "IDENTIFIER", Kind::Name, Is("default"), "name of the series that this node preprocesses and serves; a request or claim that names none means this one"),
    row(Node, "ADMIN_TOKEN", Text, Unset("unset: changing calls on a loopback listener only"), "bearer token that changing calls must carry").secret(),
    row(Node, "READ_TOKEN", Text, Unset("unset: reading calls are open"), "bearer token that reading calls (every GET but the probes) must carry; ADMIN_TOKEN opens them too").secret(),
    row(Node, "MAX_BODY_BYTES", Whole(1024, 1 << 30), Is("4194304"), "largest body of POST /predict, also after gzip; more is a 413"),
    row(Node, "UPLOAD_MAX_BYTES", Whole(1024, 1 << 36), Is("4294967296"), "largest file of POST /upload (role gateway); more is a 413"),
    row(Node, "HTTP_MAX_CONNECTIONS", Whole(1, 100_000), Is("1024"), "connections at a time; for a further one the one that has waited longest for a request is closed"),
    row(Node, "HTTP_MAX_HEADER_BYTES", Whole(1024, 1 << 18), Is("16384"), "largest request line and headers together; more is a 431"),
    row(Node, "HTTP_HEADER_TIMEOUT_MS", Whole(10, 600_000), Is("10000"), "time for the headers of a request, of the first one since the connection was accepted; more is a 408"),
    row(Node, "HTTP_BODY_TIMEOUT_MS", Whole(10, 3_600_000), Is("30000"), "time for the body of a request; more is a 408"),
    row(Node, "HTTP_KEEP_ALIVE_MS", Whole(10, 3_600_000), Is("75000"), "how long a connection may be idle between two requests"),
    row(Node, "TLS_CERT", Path, Unset("unset: plain HTTP"), "PEM file with the certificate chain of HTTP_ADDR; needs TLS_KEY"),
    row(Node, "TLS_KEY", Path, Unset("unset: plain HTTP"), "PEM file with the private key of TLS_CERT"),
    row(Node, "MEMORY_BUDGET_MB", Whole(256, 1 << 24), Unset("unset: 80 % of the container's limit, else half of the machine's memory"), "memory that the process may take, in MiB; work that finds no room in it waits or is refused"),
    row(Node, "LOG_LEVEL", Kind::LogLevel, Is("info"), "error, warn, info, debug, trace or off, or target=level,..."),
    row(Node, "ENABLE_FAULTS", Bool, Is("false"), "allows POST /debug/faults, which breaks actors on purpose"),

    row(Group::Kafka, "KAFKA_BOOTSTRAP_SERVERS", Kind::Hosts, Unset("unset: embedded broker, in memory"), "brokers, as host:port,..."),
    row(Group::Kafka, "KAFKA_SECURITY_PROTOCOL", Kind::Word(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), Is("PLAINTEXT"), "protocol to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"),
    row(Group::Kafka, "KAFKA_SASL_MECHANISM", Kind::Word(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]), Unset("unset"), "SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; required with SASL_PLAINTEXT and SASL_SSL"),
    row(Group::Kafka, "KAFKA_SASL_USERNAME", Text, Unset("unset"), "SASL user name"),
    row(Group::Kafka, "KAFKA_SASL_PASSWORD", Text, Unset("unset"), "SASL password").secret(),
    row(Group::Kafka, "KAFKA_SSL_CA_LOCATION", Path, Unset("unset: the system's CA certificates"), "PEM file or folder with the CA certificates that signed the brokers' certificates"),
    row(Group::Kafka, "KAFKA_SSL_CERTIFICATE_LOCATION", Path, Unset("unset: no client certificate"), "PEM file with the client certificate; needs KAFKA_SSL_KEY_LOCATION"),
    row(Group::Kafka, "KAFKA_SSL_KEY_LOCATION", Path, Unset("unset"), "PEM file with the private key of the client certificate"),
    row(Group::Kafka, "KAFKA_SSL_KEY_PASSWORD", Text, Unset("unset"), "password of that private key").secret(),
    row(Group::Kafka, "KAFKA_TOPIC_PARTITIONS", Whole(1, 10_000), Is("6"), "partitions of each topic that the node creates; model-selected and the DLQ topics get 1, and so do all topics of the embedded broker"),
    row(Group::Kafka, "KAFKA_TOPIC_REPLICATION", Whole(1, 1000), Unset("unset: the broker's default"), "replication factor of each topic that the node creates"),
    row(Group::Kafka, "KAFKA_CONFIG", Kind::Pairs, Unset("unset"), "more librdkafka settings, as key=value,...; they override the settings above").secret(),

    row(Group::ObjectStore, "OBJECT_STORE", Kind::Words { valid: &["embedded", "s3"], later: &[] }, Unset("s3 with S3_ENDPOINT_URL, else embedded"), "embedded (under DATA_DIR) or s3 (the store of S3_ENDPOINT_URL, or AWS S3 if that is unset)"),
    row(Group::ObjectStore, "S3_ENDPOINT_URL", Kind::Url, Unset("unset: embedded store under DATA_DIR"), "address of an S3-compatible store, http:// or https://").alias(&["MLFLOW_S3_ENDPOINT_URL"]),
    row(Group::ObjectStore, "AWS_ACCESS_KEY_ID", Text, Unset("unset: the credential chain of the AWS SDK"), "access key of the store").secret(),
    row(Group::ObjectStore, "AWS_SECRET_ACCESS_KEY", Text, Unset("unset"), "secret key of the store; goes with AWS_ACCESS_KEY_ID").secret(),
    row(Group::ObjectStore, "AWS_SESSION_TOKEN", Text, Unset("unset"), "session token of temporary keys").secret(),
    row(Group::ObjectStore, "AWS_REGION", Text, Is("us-east-1"), "region of the store").alias(&["AWS_DEFAULT_REGION"]),
    row(Group::ObjectStore, "AWS_CA_BUNDLE", Path, Unset("unset: the system's CA certificates"), "PEM file with more CA certificates to trust for https:// addresses"),
    row(Group::ObjectStore, "S3_FORCE_PATH_STYLE", Bool, Unset("true with S3_ENDPOINT_URL, else false"), "put the bucket into the path of the address instead of its host name"),
    row(Group::ObjectStore, "S3_CONNECT_TIMEOUT_MS", Whole(10, 600_000), Is("3000"), "longest time to connect to the store"),
    row(Group::ObjectStore, "S3_READ_TIMEOUT_MS", Whole(10, 600_000), Is("20000"), "longest wait for the answer to a request (sending its body of at most 16 MiB included), and longest pause within an answer"),
    row(Group::ObjectStore, "S3_OPERATION_TIMEOUT_MS", Whole(10, 3_600_000), Is("150000"), "longest time for a call, all attempts included"),
    row(Group::ObjectStore, "S3_MAX_ATTEMPTS", Whole(1, 100), Is("3"), "how often a call is tried while the store does not answer or answers with a server error"),
    row(Group::ObjectStore, "ALLOW_UNSAFE_POINTER", Bool, Is("false"), "use a store that ignores conditional writes; safe only with one evaluator, one trainer and no promotion by hand"),
    row(Group::ObjectStore, "EMBEDDED_STORE_ADDR", Kind::Address, Is("127.0.0.1:0"), "where the embedded store listens; port 0 takes a free one"),

    row(Preprocess, "DATASET_NAME", Kind::FileName, Unset("PobleSec"), "data set X is the files X.csv and X_test.csv of bucket dataset"),
    row(Preprocess, "TRAIN_FILE", Kind::FileName, Unset("DATASET_NAME.csv"), "training file in bucket dataset"),
    row(Preprocess, "TEST_FILE", Kind::FileName, Unset("DATASET_NAME_test.csv"), "test file in bucket dataset"),
    row(Preprocess, "TARGETS", Kind::List, Unset("the first numeric column"), "columns to forecast and score, * for all; trainer and evaluator read this setting"),
    row(Preprocess, "TIME_COLUMN", Kind::List, Unset("unset: found by name, else the only column that reads as times"), "column of the times, or the columns that make one time together, such as year,month; files of claims and commands are read by this and the next nine settings too"),
    row(Preprocess, "DATE_ORDER", Kind::Word(&["dmy", "mdy", "ymd"]), Unset("unset: told by the column"), "order of day, month and year where dates fit two: dmy, mdy or ymd"),
    row(Preprocess, "TIME_ZONE", Text, Unset("unset: times without a zone stay as they are"), "zone of times without one, of calendar columns and of local days, such as Europe/Madrid"),
    row(Preprocess, "FREQ", Text, Unset("unset: told by the times"), "step from row to row, as in pandas: 15min, h, D, B, W, MS, ME, QS, QE, YS, YE"),
    row(Preprocess, "RESAMPLE", Kind::Word(&["mean", "sum", "last"]), Unset("unset: rows lie on the grid"), "brings the rows within one step of FREQ together: mean, sum or last"),
    row(Preprocess, "DUPLICATES", Kind::Word(&["first", "last", "mean"]), Unset("unset: rows of one time that differ are refused"), "which of several rows of one time counts: first, last or mean"),
    row(Preprocess, "CATEGORIES", Kind::List, Unset("unset: columns of words are left out"), "columns of words to keep, each as columns of 0 and 1, one a word"),
    row(Preprocess, "IGNORE_COLUMNS", Kind::List, Unset("unset"), "columns to leave out"),
    row(Preprocess, "ID_COLUMN", Text, Unset("unset: a column of words, where times repeat"), "column that names the series of a row; each series gets an identifier of its own"),
    row(Preprocess, "SERIES_MAX", Whole(1, 1_000_000), Is("1000"), "most series of one file"),
    row(Preprocess, "SAMPLE_TRAIN_ROWS", Whole(0, u64::MAX), Is("0"), "use only that many rows of the training file; 0 for all"),
    row(Preprocess, "SAMPLE_TEST_ROWS", Whole(0, u64::MAX), Is("0"), "use only that many rows of the test file; 0 for all"),
    row(Preprocess, "SAMPLE_STRATEGY", Text, Is("head"), "which rows a sample takes: head, the first ones").empty_counts(),
    row(Preprocess, "HANDLE_NANS", Bool, Is("true"), "impute missing cells: the last value, else the mean of the training file"),
    row(Preprocess, "NANS_THRESHOLD", Number(0.0, 1.0), Is("0.33"), "share of missing cells above which NANS_DROP_ROWS drops a row"),
    row(Preprocess, "NANS_KNN", Whole(1, 1000), Is("2"), "changes config_hash and nothing else; a missing cell is imputed from earlier rows, not from neighbours"),
    row(Preprocess, "NANS_DROP_ROWS", Bool, Is("false"), "drop rows with too many missing cells"),
    row(Preprocess, "MAX_GAP_ROWS", Whole(0, 100_000), Is("30"), "longest run of missing rows that is imputed; longer gaps stay gaps"),
    row(Preprocess, "MAX_CELLS", Whole(1000, 1 << 40), Is("100000000"), "most cells (rows x columns, filled gaps included) of a file, an object of a claim or a part of a data set; every role reads this setting"),
    row(Preprocess, "TIME_FEATURES_ENABLE", Bool, Is("true"), "add minute of day, day of week and day of year as sine and cosine"),
    row(Preprocess, "SCALER", Text, Is("MinMaxScaler"), "scale of the scores; only MinMaxScaler is available so far").empty_counts(),
    row(Preprocess, "CLIP_ENABLE", Bool, Is("false"), "clip outliers; true is not available yet"),
    row(Preprocess, "CLIP_METHOD", Kind::Words { valid: &["iqr", "percentile"], later: &[] }, Is("iqr"), "how outliers are found"),
    row(Preprocess, "CLIP_FACTOR", Number(0.0, 1e9), Is("1.5"), "how far out an outlier is"),
    row(Preprocess, "LAGS_ENABLE", Bool, Is("false"), "add earlier values as columns; true is not available yet"),
    row(Preprocess, "LAGS_N", Whole(0, 100_000), Is("0"), "how many lags"),
    row(Preprocess, "LAGS_STEP", Whole(1, 100_000), Is("1"), "rows from one lag to the next"),
    row(Preprocess, "ADD_VAL", Text, Unset("unset"), "constant added to every cell; not available yet"),
    row(Preprocess, "EXTRA_HASH_SALT", Text, Is(""), "added to config_hash, to have the same data set made and trained again"),
    row(Preprocess, "FORCE_REPROCESS", Bool, Is("false"), "preprocess again at start, even what is there already"),

    row(Trainer, "MODEL_TYPE", Kind::Words { valid: TRAINED, later: &[] }, All(TRAINED_BY_DEFAULT), "families that this node trains").alias(&["MODEL_TYPES"]),
    row(Trainer, "INPUT_SEQ_LEN", Whole(1, 10_000), Is("30"), "rows that a model looks at"),
    row(Trainer, "OUTPUT_SEQ_LEN", Whole(1, 10_000), Is("30"), "steps that a model forecasts at once"),
    row(Trainer, "HIDDEN_SIZE", Whole(1, 4096), Is("64"), "width of a recurrent layer"),
    row(Trainer, "NUM_LAYERS", Whole(1, 16), Is("1"), "recurrent layers"),
    row(Trainer, "BATCH_SIZE", Whole(1, 65_536), Is("64"), "windows in a training step"),
    row(Trainer, "EPOCHS", Whole(1, 100_000), Unset("unset: the fixed schedule"), "passes over the data; not together with MAX_STEPS"),
    row(Trainer, "MAX_STEPS", Whole(1, 100_000_000), Unset("unset: the fixed schedule"), "training steps; not together with EPOCHS"),
    row(Trainer, "LEARNING_RATE", Number(1e-9, 1.0), Is("2e-3"), "peak of the learning rate"),
    row(Trainer, "TRAINING_CONCURRENCY", Whole(1, 64), Is("1"), "families trained at the same time, one thread each"),
    row(Trainer, "CHECKPOINT_INTERVAL_MS", Whole(0, DAY_MS), Is("60000"), "time between two checkpoints of a training, which is what a killed training loses at most; 0: at every progress report"),
    row(Trainer, "LEASE_TTL_MS", Whole(300, DAY_MS), Is("15000"), "time without renewal after which another trainer takes a training over; the lease is renewed three times in it"),
    row(Trainer, "SEED", Whole(0, i64::MAX as u64), Is("42"), "seed of every random choice"),

    row(Evaluator, "EXPECTED_MODEL_TYPES", Kind::Words { valid: TRAINED, later: &[] }, Unset("MODEL_TYPE where one process has both roles, else GRU,LSTM"), "families whose runs the evaluator waits for"),
    row(Evaluator, "PROMOTABLE_MODEL_TYPES", Kind::Words { valid: FAMILIES, later: &[] }, Unset("all"), "families that may be promoted"),
    row(Evaluator, "SCORE_WEIGHTS", Kind::Json, Unset("unset: the mean relative loss ranks"), "weights of test_rmse, test_mae, test_mse, test_r2 one step ahead, which rank candidates instead; lower wins, r2 enters as 1 - r2"),
    row(Evaluator, "PROMOTION_MARGIN", Number(0.0, 1.0), Is("0.01"), "share of its loss by which a challenger must beat the champion"),
    row(Evaluator, "PROVISIONAL_PROMOTION", Bool, Is("true"), "where nothing is served, promote the best of the families that are there until all of EXPECTED_MODEL_TYPES are judged"),
    row(Evaluator, "JUDGE_TIMEOUT_MS", Whole(1, 30 * DAY_MS), Is("3600000"), "longest wait for the runs of EXPECTED_MODEL_TYPES; then the data set is judged without the missing ones"),

    row(Inference, "INFERENCE_WORKERS", Whole(1, 1024), Unset("one a core"), "threads of the pool at start").alias(&["QUEUE_WORKERS"]),
    row(Inference, "POOL_SCALE_MAX", Whole(1, 1024), Is("64"), "most threads that POST /scale_workers may ask for"),
    row(Inference, "QUEUE_MAXSIZE", Whole(1, 1_000_000), Is("512"), "rows that may wait; more is a 429"),
    row(Inference, "INFERENCE_BATCH_ROWS", Whole(1, 4096), Is("32"), "most rows in a batch"),
    row(Inference, "BATCH_TIMEOUT_MS", Whole(0, 10_000), Is("0"), "how long an incomplete batch waits for more requests"),
    row(Inference, "PREDICT_TIMEOUT_MS", Whole(1, 3_600_000), Is("30000"), "deadline of a request that names none"),
    row(Inference, "INFERENCE_LENGTH", Whole(1, 10_000), Is("30"), "steps of the forecast that answers a claim of inference-data; a request names its own"),
    row(Inference, "CLAIM_BUCKETS", Kind::List, All(&BUCKETS), "buckets whose objects claims of inference-data may name"),
    row(Inference, "ENABLE_PUBLISH_API", Bool, Is("false"), "allows POST /publish_inference_claims, which puts claims on inference-data"),

    row(Supervision, "RESTART_LIMIT", Whole(1, 1_000_000), Is("5"), "restarts of an actor within the window before its group is restarted"),
    row(Supervision, "RESTART_WINDOW_MS", Whole(1, DAY_MS), Is("60000"), "the window in which restarts are counted"),
    row(Supervision, "RESTART_BACKOFF_MS", Whole(1, 60_000), Is("200"), "pause before the first restart; doubles with each further one"),
    row(Supervision, "RESTART_BACKOFF_MAX_MS", Whole(1, DAY_MS), Is("30000"), "longest pause before a restart"),
    row(Supervision, "GROUP_RESTART_LIMIT", Whole(0, 1_000_000), Is("3"), "restarts of a group within its window before the node exits with 70"),
    row(Supervision, "GROUP_RESTART_WINDOW_MS", Whole(1, DAY_MS), Is("300000"), "the window in which restarts of a group are counted"),
    row(Supervision, "WORKER_RESTART_LIMIT", Whole(1, 1_000_000), Is("600"), "worker threads that may die within their window before the pool fails as an actor"),
    row(Supervision, "WORKER_RESTART_WINDOW_MS", Whole(1, DAY_MS), Is("60000"), "the window in which deaths of worker threads are counted"),
    row(Supervision, "HEARTBEAT_INTERVAL_MS", Whole(10, 600_000), Is("3000"), "how often an actor sends a heartbeat"),
    row(Supervision, "HEARTBEAT_TIMEOUT_MS", Whole(10, 3_600_000), Is("10000"), "time without a heartbeat after which an actor or thread counts as hung and the node exits with 70; at least three intervals, and longer for work that is known to take long"),
    row(Supervision, "RECONCILE_INTERVAL_MS", Whole(100, DAY_MS), Is("60000"), "how often each role searches the store for unfinished work"),
    row(Supervision, "DRAIN_NOTICE_MS", Whole(0, 3_600_000), Is("5000"), "how long a stopping node keeps serving after /readyz has turned 503"),
    row(Supervision, "DRAIN_TIMEOUT_MS", Whole(1, 3_600_000), Is("30000"), "longest time to stop after the notice"),
    row(Supervision, "TERMINATION_LOG", Path, Unset("unset: not written"), "file for the reason when a supervisor gives up, and for what did not stop in time"),
];

/// The table as `docs/configuration.md` shows it, one Markdown row a setting.
pub fn markdown() -> String {
    let mut text = String::new();
    let mut group = None;
    for setting in SETTINGS {
        if group != Some(setting.group) {
            group = Some(setting.group);
            let heading = setting.group.heading();
            text += &format!("\n**{heading}**\n\n| setting | default | meaning |\n|---|---|---|\n");
        }
        let aliases: String = setting.aliases.iter().map(|alias| format!(" (alias `{alias}`)")).collect();
        let default = match setting.default {
            Is("") | Unset(_) => setting.default_text(),
            Is(_) | All(_) => format!("`{}`", setting.default_text()),
        };
        let secret = if setting.secret { "; secret" } else { "" };
        text += &format!("| `{}`{aliases} | {default} | {}{secret} |\n", setting.name, setting.help);
    }
    text
}
