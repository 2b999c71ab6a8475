//! What the documents tell is what the program does: variables, metrics, routes and commands.

use flts::config::later::{self, LATER};
use flts::config::originals::{self, OF_ONE_ROLE, ORIGINALS};
use flts::config::table::SETTINGS;
use std::fs;
use std::path::PathBuf;

use crate::common::Node;

/// Settings that the original had under the same name, and that the program reads.
const KEPT: [&str; 41] = [
    "KAFKA_BOOTSTRAP_SERVERS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "IDENTIFIER",
    "DATASET_NAME",
    "TRAIN_FILE",
    "TEST_FILE",
    "SAMPLE_TRAIN_ROWS",
    "SAMPLE_TEST_ROWS",
    "SAMPLE_STRATEGY",
    "HANDLE_NANS",
    "NANS_THRESHOLD",
    "NANS_KNN",
    "NANS_DROP_ROWS",
    "TIME_FEATURES_ENABLE",
    "SCALER",
    "CLIP_ENABLE",
    "CLIP_METHOD",
    "CLIP_FACTOR",
    "LAGS_ENABLE",
    "LAGS_N",
    "LAGS_STEP",
    "ADD_VAL",
    "EXTRA_HASH_SALT",
    "FORCE_REPROCESS",
    "MODEL_TYPE",
    "INPUT_SEQ_LEN",
    "OUTPUT_SEQ_LEN",
    "HIDDEN_SIZE",
    "NUM_LAYERS",
    "LEARNING_RATE",
    "BATCH_SIZE",
    "EPOCHS",
    "BATCH_TIMEOUT_MS",
    "EXPECTED_MODEL_TYPES",
    "SCORE_WEIGHTS",
    "QUEUE_MAXSIZE",
    "POOL_SCALE_MAX",
    "INFERENCE_LENGTH",
    "ENABLE_PUBLISH_API",
];

/// Metrics of the original, and those that its alerts and autoscalers named.
const OLD_METRICS: [&str; 18] = [
    "inference_queue_len",
    "inference_queue_oldest_wait_seconds",
    "inference_queue_wait_latest_seconds",
    "inference_active_workers",
    "inference_workers_total",
    "inference_workers_busy",
    "inference_workers_idle",
    "inference_worker_utilization",
    "inference_latency_latest_seconds",
    "inference_latency_seconds",
    "inference_queue_wait_seconds",
    "inference_jobs_processed_total",
    "inference_model_ready",
    "inference_model_loaded",
    "inference_avg_exec_ms",
    "inference_error_500_total",
    "inference_queue_length",
    "http_request_errors_total",
];

/// Routes of the original's services.
const OLD_ROUTES: [&str; 12] = [
    "/predict",
    "/healthz",
    "/ready",
    "/readyz",
    "/metrics",
    "/prometheus",
    "/queue_stats",
    "/predict_ping",
    "/scale_workers",
    "/reload_latest",
    "/publish_inference_claims",
    "/upload/",
];

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), name].iter().collect()
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// Compares what lies between two marks with what the program says; `UPDATE_DOCS=1` writes it there.
fn same_as_in(name: &str, mark: &str, expected: &str) {
    let document = text(name);
    let (start, end) = (format!("<!-- {mark}: start -->\n"), format!("<!-- {mark}: end -->"));
    let from = document.find(&start).expect("the document marks where the table starts") + start.len();
    let to = document.find(&end).expect("the document marks where the table ends");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(path(name), format!("{}{expected}{}", &document[..from], &document[to..])).unwrap();
    }
    assert!(
        &document[from..to] == expected,
        "{name} is behind; run UPDATE_DOCS=1 scripts/test.sh --test node documents::"
    );
}

#[test]
fn the_tables_of_variables_are_those_of_the_program() {
    same_as_in("docs/limits.md", "limits", &flts::limits::markdown());
    same_as_in("docs/migration.md", "later", &later::markdown());
    same_as_in("docs/migration.md", "originals", &originals::markdown());
}

#[test]
fn every_variable_of_the_original_is_in_the_migration_guide() {
    let guide = text("docs/migration.md");
    let aliases = SETTINGS.iter().flat_map(|setting| setting.aliases);
    let names = KEPT.iter().chain(&OF_ONE_ROLE).chain(aliases).copied();
    let names = names.chain(ORIGINALS.iter().map(|original| original.name)).chain(LATER.iter().map(|later| later.name));
    // two aliases are this program's own
    for name in names.filter(|name| !["ROLE", "MODEL_TYPES"].contains(name)) {
        assert!(guide.contains(&format!("`{name}`")), "{name} is not in docs/migration.md");
    }
    for name in KEPT {
        assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is told as kept and is no setting");
    }
}

#[test]
fn every_metric_and_route_of_the_original_is_in_the_migration_guide() {
    let guide = text("docs/migration.md");
    for name in OLD_METRICS.iter().chain(&OLD_ROUTES) {
        assert!(guide.contains(name), "{name} is not in docs/migration.md");
    }
}

#[tokio::test]
async fn every_metric_every_route_and_every_command_is_in_its_document() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[], None);
    let (metrics_page, api_page, commands_page) =
        (text("docs/metrics.md"), text("docs/api.md"), text("docs/commands.md"));
    let metrics = node.text("/metrics").await;
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: Vec<&str> = names.filter(|name| !name.starts_with("process_")).collect();
    assert!(names.len() > 20, "{metrics}");
    for name in names {
        assert!(metrics_page.contains(&format!("`{name}")), "metric {name} is not in docs/metrics.md");
    }
    let (_, document) = node.get("/openapi.json").await;
    for route in document["paths"].as_object().into_iter().flat_map(|paths| paths.keys()) {
        assert!(api_page.contains(route.as_str()), "route {route} is not in docs/api.md");
    }
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_flts")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // a line that is wrapped goes on further in
    let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let commands: Vec<&str> = commands.filter_map(|line| line.split(' ').next()).collect();
    assert!(commands.contains(&"run"), "{help}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(commands_page.contains(&format!("`flts {command}")), "flts {command} is not in docs/commands.md");
    }
}
