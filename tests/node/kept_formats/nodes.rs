//! Nodes and commands on the data folder that a node of the first formats was killed on.

use std::fs;
use std::path::Path;

use flts::storage::MLFLOW_BUCKET;
use serde_json::{Value, json};

use super::fixture::{SETTINGS, assert_says, bytes, data_dir, files_below, json, path};
use crate::common::shell::flts;
use crate::common::{Data, Node, node_file, store_of};

fn start(home: &Path, env: &[(&str, &str)], data: Option<&Data>) -> Node {
    Node::start(home, &[&SETTINGS[..], env].concat(), data)
}

/// Asserts that the store took none of its files for a damaged one.
fn assert_nothing_set_aside(home: &Path) {
    let odd = |file: &std::path::PathBuf| {
        let text = file.to_string_lossy();
        text.contains("/quarantine/") || text.contains(".damaged-")
    };
    let set_aside: Vec<_> = files_below(home).into_iter().filter(odd).collect();
    assert!(set_aside.is_empty(), "{set_aside:?}");
}

/// The request of then, and its answer without the words that every answer has anew.
async fn assert_answers_as_then(node: &Node) {
    let (status, now) = node.post("/predict", &json("answers/predict_request.json")).await;
    let mut then = json("answers/predict_answer.json");
    then.as_object_mut().unwrap().remove("req_id");
    assert_eq!(status, 200, "{now}");
    assert_says(&now, &then);
}

#[tokio::test]
async fn a_data_folder_of_the_first_format_serves_its_champion_at_once() {
    let home = data_dir();
    let node = start(home.path(), &[("ROLES", "inference")], None);
    node.until_ready().await;
    assert_answers_as_then(&node).await;
    let (_, pointer) = node.get("/promotion").await;
    assert_says(&pointer, &json("objects/model-promotion/default/current.json"));
    let (_, history) = node.get("/promotion/history").await;
    assert_says(&history["decisions"], &json("answers/history.json"));
    let (_, short) = node.get("/promotion/short/history").await;
    assert_says(&short["decisions"][0], &json("objects/model-promotion/short/history/00000001.json"));
    assert!(node.stop().success());
    assert_nothing_set_aside(home.path());
}

#[tokio::test]
async fn a_rollback_serves_a_model_of_the_first_format_again() {
    let home = data_dir();
    let node = start(home.path(), &[("ROLES", "inference")], None);
    node.until_ready().await;
    let first = json("objects/model-promotion/default/history/00000001.json");
    let (status, back) = node.post("/promotion/rollback", &json!({"to_generation": 1, "why": "a test"})).await;
    assert_eq!((status, &back["generation"], &back["seq"]), (200, &json!(5), &json!(6)), "{back}");
    assert_eq!(node.post("/reload_latest", &json!({})).await.0, 200);
    let (_, answer) = node.post("/predict", &json("answers/predict_request.json")).await;
    assert_eq!((&answer["run_id"], &answer["generation"]), (&first["pointer"]["run_id"], &json!(5)), "{answer}");
}

#[tokio::test]
async fn a_command_on_a_data_folder_of_the_first_format_says_what_it_said() {
    let home = data_dir();
    let history = flts(home.path(), &["promotion", "history", "--json"]).json();
    assert_says(&history, &json("answers/history.json"));
    let file = path("answers/context.csv");
    let asked = ["forecast", "--data", file.to_str().unwrap(), "--horizon", "10", "--format", "json"];
    let forecasts = json("answers/forecasts.json");
    for (run_id, then) in forecasts.as_object().unwrap() {
        // one of them is served already
        let _ = flts(home.path(), &["promotion", "set", run_id]);
        let now = flts(home.path(), &asked).json();
        assert_eq!(now["run_id"], run_id.as_str());
        assert_says(&now, then);
    }
    assert_nothing_set_aside(home.path());
}

/// The last data set of then without its first two days: another one.
fn later() -> Data {
    let folder = tempfile::tempdir().unwrap();
    let (train, test) = (folder.path().join("train.csv"), folder.path().join("test.csv"));
    let text = String::from_utf8(bytes("objects/dataset/c.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().skip(24).collect();
    fs::write(&train, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    fs::copy(path("objects/dataset/c_test.csv"), &test).unwrap();
    Data { folder, train, test }
}

#[tokio::test]
async fn a_new_data_set_is_judged_with_the_champion_of_the_first_format() {
    let (home, data) = (data_dir(), later());
    let then = json("objects/model-promotion/default/current.json");
    let known = json("answers/history.json");
    let families = [("MODEL_TYPE", "LSTM"), ("EXPECTED_MODEL_TYPES", "LSTM")];
    let node = start(home.path(), &families, Some(&data));
    // the one that was waited for is judged, too, if the files are looked at late
    let unfinished = &json("answers/state.json")["waiting"]["dataset_id"];
    let is_new = |decision: &Value| {
        let of = |known: &Value| known["dataset_id"] == decision["dataset_id"];
        !known.as_array().unwrap().iter().any(of) && decision["dataset_id"] != *unfinished
    };
    let newest =
        |history: &Value| history["decisions"].as_array().and_then(|all| all.iter().find(|d| is_new(d)).cloned());
    let history = node.until("/promotion/history", |_, history| newest(history).is_some()).await;
    let decision = newest(&history).unwrap();
    let scoreboard = decision["scoreboard"].as_array().unwrap();
    let champion = scoreboard.iter().find(|candidate| candidate["run_id"] == then["run_id"]);
    let champion = champion.unwrap_or_else(|| panic!("the champion is measured again: {decision}"));
    assert_eq!(champion["servable"], true, "{champion}");
    assert!(champion["score"].as_f64().is_some(), "{champion}");
    assert!(decision["seq"].as_u64() > Some(5), "{decision}");
    let kept = history["decisions"].as_array().unwrap();
    assert_says(&json!(&kept[kept.len() - 5..]), &known);
}

#[tokio::test]
async fn a_training_that_a_node_of_the_first_format_left_is_gone_on_with() {
    let home = data_dir();
    let state = json("answers/state.json");
    let node = start(home.path(), &[("MAX_STEPS", "1000")], None);
    for family in ["GRU", "LSTM"] {
        // the node that held them was another one, so its leases run out first
        let of_family = |event: &str| {
            let (log, family) = (node.log(), format!("\"model_type\":\"{family}\""));
            log.lines().find(|line| line.contains(event) && line.contains(&family)).map(str::to_owned)
        };
        node.until("/promotion/history", |_, _| of_family("\"train_complete\"").is_some()).await;
        let resumed: Value = serde_json::from_str(&of_family("\"training_resumed\"").unwrap()).unwrap();
        assert_eq!(resumed["step"], state["steps"][family], "{resumed}");
        assert!(of_family("\"lease_taken_over\"").is_some(), "{family}");
    }
    let history = node.until("/promotion/history", |_, history| history["decisions"][0]["seq"] == 6).await;
    assert_eq!(history["decisions"][0]["dataset_id"], state["waiting"]["dataset_id"]);
    let left = store_of(home.path()).list(MLFLOW_BUCKET, "checkpoints/").await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn patience_with_a_family_that_was_silent_then_does_not_begin_anew() {
    let home = data_dir();
    let node = start(home.path(), &[("ROLES", "inference,evaluator")], None);
    let wait = |actor: &Value| actor["state"]["waiting"][0]["waited_ms"].as_u64();
    let evaluator = node.until("/debug/actors/evaluator", |_, actor| wait(actor).is_some()).await;
    let then = &json("answers/state.json")["waiting"];
    assert_eq!(evaluator["state"]["waiting"][0]["dataset_id"], then["dataset_id"]);
    assert!(wait(&evaluator) >= then["waited_ms"].as_u64(), "{evaluator}");
    assert_nothing_set_aside(home.path());
}

/// What a node of then told of itself, with the addresses and keys of one that runs now.
fn filled(then: Value, now: &Value) -> Value {
    match then {
        Value::Object(then) => {
            let fields = then.into_iter().map(|(name, then)| {
                let value = filled(then, &now[&name]);
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Null => Value::Null,
        _ => now.clone(),
    }
}

#[tokio::test]
async fn a_node_file_of_the_first_format_leads_to_its_node() {
    let (home, other, third) = (data_dir(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = start(home.path(), &[("ROLES", "inference")], None);
    node.until_ready().await;
    let told = filled(json("data_dir/node.json"), &node_file(home.path()));
    fs::write(other.path().join("node.json"), told.to_string()).unwrap();
    let mut joined = filled(json("node_files/joined.json"), &node_file(home.path()));
    joined["joined"] = other.path().to_str().into();
    fs::write(third.path().join("node.json"), joined.to_string()).unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    for place in [&other, &third] {
        let shown = flts(data_dir.path(), &["promotion", "show", "--json", "--join", place.path().to_str().unwrap()]);
        assert_says(&shown.json(), &json("objects/model-promotion/default/current.json"));
    }
}
