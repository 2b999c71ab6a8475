//! The log is one flat JSON object a line, and its directives can be exchanged while it runs.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{Data, Node, QUICK};

/// The lines of the log that are JSON.
fn events(node: &Node) -> Vec<Value> {
    node.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn named(node: &Node, event: &str) -> Vec<Value> {
    events(node).into_iter().filter(|line| line["event"] == event).collect()
}

#[test]
fn every_line_of_stderr_is_a_flat_event_even_of_a_panic() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_flts"))
        .arg("run")
        .args([std::ffi::OsStr::new("--data"), data.train.as_os_str()])
        .env("DATA_DIR", home.path())
        .envs(QUICK)
        .env("LOG_LEVEL", "debug")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut seen = Vec::new();
    let mut stopping = false;
    for line in std::io::BufRead::lines(stderr) {
        let line = line.unwrap();
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for name in ["ts", "level", "service", "event"] {
            assert!(event[name].is_string(), "{name} is not in {line}");
        }
        assert!(chrono::DateTime::parse_from_rfc3339(event["ts"].as_str().unwrap()).is_ok(), "{line}");
        assert!(event.as_object().unwrap().values().all(|value| !value.is_object()), "{line}");
        if event["event"] == "promotion_model_loaded_startup" && !stopping {
            stopping = true;
            let port = std::fs::read_to_string(home.path().join("node.json")).unwrap();
            let node: Value = serde_json::from_str(&port).unwrap();
            inject_panic(node["http"].as_str().unwrap());
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), nix::sys::signal::Signal::SIGTERM)
                .unwrap();
        }
        seen.push(event["event"].as_str().unwrap().to_owned());
    }
    child.wait().unwrap();
    for event in ["service_start", "promotion_decision", "http_request_in", "http_request_out", "panicked"] {
        assert!(seen.iter().any(|name| name == event), "{event} is not among {seen:?}");
    }
}

fn inject_panic(base: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("{base}/debug/faults/inference-worker-0");
        let sent = reqwest::Client::new().post(url).json(&json!({"fault": "panic"})).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    });
}

#[tokio::test]
async fn a_failed_request_is_found_by_its_id() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    let body = json!({"data": {"ts": ["2024-01-01 00:00:00"]}});
    let sent = node.http.post(format!("{}/predict", node.base)).header("x-request-id", "find-me").json(&body);
    assert_eq!(sent.send().await.unwrap().status(), 503);
    node.await_line("http_request_out");
    let out = &named(&node, "http_request_out")[0];
    assert_eq!((&out["level"], &out["req_id"], &out["status"]), (&json!("error"), &json!("find-me"), &json!(503)));
    assert_eq!((&out["service"], &out["code"]), (&json!("http"), &json!("model_not_loaded")));
    for event in ["predict_inline_skipped", "predict_inline_no_inferencer"] {
        let skipped = &named(&node, event)[0];
        assert_eq!((&skipped["service"], &skipped["req_id"]), (&json!("inference"), &json!("find-me")), "{event}");
    }
    node.get("/healthz").await;
    assert_eq!(named(&node, "http_request_out").len(), 1, "what went well is told at debug");
}

#[tokio::test]
async fn the_directives_are_exchanged_without_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    let url = format!("{}/debug/log-level", node.base);
    let put = |body: &Value| node.http.put(&url).json(body).send();
    let answer = put(&json!({"level": "flts=debug,info"})).await.unwrap();
    assert_eq!(answer.status(), 200);
    let changed: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(changed, json!({"old": "info", "new": "flts=debug,info"}));
    node.get("/healthz").await;
    assert!(node.await_line("http_request_in").contains("/healthz"));
    for wrong in ["loud", "flts=loud", "", "flts[span]=debug", "info,,warn"] {
        let answer = put(&json!({"level": wrong})).await.unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    assert_eq!(put(&json!({"levels": "info"})).await.unwrap().status(), 422);
    let back: Value =
        serde_json::from_str(&put(&json!({"level": "error"})).await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(back["old"], "flts=debug,info");
}

#[tokio::test]
async fn with_the_token_plain_text_will_do() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference"), ("ADMIN_TOKEN", "t")], None);
    let put = node.http.put(format!("{}/debug/log-level", node.base)).bearer_auth("t");
    let answer = put.header("content-type", "text/plain").body("warn\n").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("\"new\":\"warn\""));
}
