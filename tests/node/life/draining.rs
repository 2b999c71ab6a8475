//! How a node stops: step by step, serving to the last, naming whoever was late.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::common::raw;
use crate::common::{Data, Node};

/// Longer than any test: what ends it is something else.
const FOREVER_MS: &str = "3600000";

/// The steps of the drain in the order in which they ended, and who was late in each.
fn steps(log: &str) -> Vec<(String, String)> {
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let steps = events.filter(|event| event["event"] == "drain_step");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps
        .map(|step| {
            assert!(step["took_ms"].is_u64(), "{step}");
            (text(&step["step"]), text(&step["late"]))
        })
        .collect()
}

/// The lines for people on stderr.
fn errors(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| line.strip_prefix("error: ")).collect()
}

fn phase_of(reports: &Value, name: &str) -> String {
    let actors = reports["actors"].as_array().unwrap();
    let actor = actors.iter().find(|actor| actor["name"] == name).unwrap();
    actor["phase"].as_str().unwrap().to_owned()
}

/// Waits for one request beside the question for it; the queue would not do, for it may also hold a forecast for the console.
async fn until_a_request_is_open(node: &Node) {
    let is_open = |metrics: String| metrics.lines().any(|line| line == "http_requests_in_flight 2");
    while !is_open(node.text("/metrics").await) {
        tokio::task::yield_now().await;
    }
}

async fn start(home: &Path, env: &[(&str, &str)]) -> Node {
    let node = Node::start(home, env, None);
    for actor in ["inference-pool", "evaluator", "trainer"] {
        node.until_running(actor).await;
    }
    node
}

#[tokio::test]
async fn the_steps_of_a_stop_follow_one_another_and_nobody_is_late() {
    let (home, log_file) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let log_file = log_file.path().to_str().unwrap();
    let node = start(home.path(), &[("DRAIN_NOTICE_MS", "300"), ("TERMINATION_LOG", log_file)]).await;
    node.signal(Signal::SIGTERM);
    let (code, log) = node.end();
    assert_eq!(code, Some(0), "{log}");
    let (names, late): (Vec<String>, Vec<String>) = steps(&log).into_iter().unzip();
    assert!(late.iter().all(String::is_empty), "{late:?}");
    assert!(!log.contains("thread_exited"), "an end in order is no loss: {log}");
    let place = |step: &str| names.iter().position(|name| name == step).unwrap_or_else(|| panic!("{step}: {log}"));
    assert!(place("notice") < place("http"), "{names:?}");
    assert!(place("http").max(place("intake")) < place("serving"), "{names:?}");
    assert!(place("serving") < place("producer"), "{names:?}");
    assert_eq!(names.len(), 5, "{names:?}");
    assert_eq!(std::fs::read_to_string(log_file).unwrap(), "", "there is nothing to tell");
    // within a step the stop reverses the start
    let exits: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let exits =
        exits.iter().filter(|event| event["event"] == "actor_exited").map(|event| event["actor"].as_str().unwrap());
    assert_eq!(
        exits.collect::<Vec<_>>(),
        [
            "preprocessor",
            "training-claims-lstm",
            "training-claims-gru",
            "trainer",
            "training-events",
            "evaluator",
            "parked-claims",
            "inference-claims",
            "batch-forecaster",
            "model-selected-hints",
            "promotion-watcher",
            "inference-pool"
        ]
    );
}

#[tokio::test]
async fn who_takes_in_work_stops_while_forecasts_are_still_answered_and_a_second_signal_ends_the_notice() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("DRAIN_NOTICE_MS", FOREVER_MS)], Some(&data));
    node.until_ready().await;
    node.signal(Signal::SIGTERM);
    node.await_line(r#""step":"intake""#);
    let (status, forecast) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{forecast}");
    assert_eq!(node.get("/readyz").await.0, 503);
    let reports = node.get("/debug/actors").await.1;
    for stopped in ["preprocessor", "training-claims-gru", "trainer", "training-events", "evaluator"] {
        assert_eq!(phase_of(&reports, stopped), "stopped", "{stopped}");
    }
    for serving in ["inference-pool", "promotion-watcher", "model-selected-hints"] {
        assert_eq!(phase_of(&reports, serving), "running", "{serving}");
    }
    // those that serve go on being supervised
    assert_eq!(node.post("/debug/faults/promotion-watcher", &json!({"fault": "panic"})).await.0, 200);
    let again = |_, report: &Value| report["phase"] == "running" && report["generation"] == 2;
    node.until("/debug/actors/promotion-watcher", again).await;

    node.signal(Signal::SIGTERM);
    let (code, log) = node.end();
    assert_eq!(code, Some(75), "{log}");
    assert_eq!(errors(&log), ["a second signal broke the drain off; not done: notice, http, serving, producer"]);
}

#[tokio::test]
async fn a_second_signal_ends_a_wait_for_an_open_request() {
    let home = tempfile::tempdir().unwrap();
    let node = start(home.path(), &[("DRAIN_TIMEOUT_MS", FOREVER_MS)]).await;
    let mut dawdler = raw::connect(&node.base).await;
    let begun =
        "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    dawdler.write_all(begun.as_bytes()).await.unwrap();
    until_a_request_is_open(&node).await;
    node.signal(Signal::SIGTERM);
    node.await_line(r#""step":"notice""#);
    node.await_line(r#""step":"intake""#);
    node.signal(Signal::SIGINT);
    let (code, log) = node.end();
    assert_eq!(code, Some(75), "{log}");
    assert_eq!(errors(&log), ["a second signal broke the drain off; not done: http, serving, producer"]);
}

#[tokio::test]
async fn a_supervisor_that_gives_up_during_the_notice_ends_it_with_its_reason() {
    let (home, told) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let env =
        [("DRAIN_NOTICE_MS", FOREVER_MS), ("RESTART_LIMIT", "1"), ("TERMINATION_LOG", told.path().to_str().unwrap())];
    let node = start(home.path(), &env).await;
    node.signal(Signal::SIGTERM);
    node.await_line(r#""step":"intake""#);
    // one restart of its own, three of its group
    for generation in 1..=(1 + 1) * (1 + 3) {
        let path = "/debug/actors/promotion-watcher";
        node.until(path, |_, report| report["phase"] == "running" && report["generation"] == generation).await;
        assert_eq!(node.post("/debug/faults/promotion-watcher", &json!({"fault": "panic"})).await.0, 200);
    }
    let (code, log) = node.end();
    assert_eq!(code, Some(70), "{log}");
    let reasons = errors(&log);
    assert!(reasons[0].starts_with("actor promotion-watcher of group serving panicked: "), "{reasons:?}");
    assert_eq!(reasons, [std::fs::read_to_string(told.path()).unwrap()]);
    assert_eq!(steps(&log).last().map(|(step, _)| step.as_str()), Some("producer"), "it drains all the same");
}

#[tokio::test]
async fn a_stuck_worker_is_named_by_a_stop_that_waited_for_it() {
    let (home, told) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let env =
        [("INFERENCE_WORKERS", "2"), ("DRAIN_TIMEOUT_MS", "2000"), ("TERMINATION_LOG", told.path().to_str().unwrap())];
    let node = start(home.path(), &env).await;
    assert_eq!(node.post("/debug/faults/inference-worker-0", &json!({"fault": "hang"})).await.0, 200);
    node.signal(Signal::SIGTERM);
    let (code, log) = node.end();
    assert_eq!(code, Some(75), "{log}");
    assert_eq!(errors(&log), ["did not stop in time: serving: inference-pool (inference-worker-0)"]);
    assert_eq!(errors(&log)[0], std::fs::read_to_string(told.path()).unwrap());
}

#[tokio::test]
async fn a_request_that_a_stuck_worker_holds_is_named_by_its_route() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("INFERENCE_WORKERS", "1"), ("DRAIN_TIMEOUT_MS", "2000")], Some(&data));
    node.until_ready().await;
    assert_eq!(node.post("/debug/faults/inference-worker-0", &json!({"fault": "hang"})).await.0, 200);
    let request = node.http.post(format!("{}/predict", node.base)).json(&data.request(30)).send();
    let waiting = tokio::spawn(request);
    until_a_request_is_open(&node).await;
    node.signal(Signal::SIGTERM);
    let (code, log) = tokio::task::spawn_blocking(|| node.end()).await.unwrap();
    assert_eq!(code, Some(75), "{log}");
    let late = "did not stop in time: http: 1 request of /predict; serving: inference-pool (inference-worker-0)";
    assert_eq!(errors(&log), [late]);
    drop(waiting);
}

#[tokio::test]
async fn a_second_signal_ends_a_wait_for_a_stuck_worker() {
    let home = tempfile::tempdir().unwrap();
    let node = start(home.path(), &[("INFERENCE_WORKERS", "2"), ("DRAIN_TIMEOUT_MS", FOREVER_MS)]).await;
    assert_eq!(node.post("/debug/faults/inference-worker-0", &json!({"fault": "hang"})).await.0, 200);
    node.signal(Signal::SIGTERM);
    node.await_line(r#""step":"http""#);
    node.await_line(r#""step":"intake""#);
    node.signal(Signal::SIGTERM);
    let (code, log) = node.end();
    assert_eq!(code, Some(75), "{log}");
    assert_eq!(errors(&log), ["a second signal broke the drain off; not done: serving, producer"]);
}
