//! What was expensive to find out outlives a restart of its actor and of the process, and a damaged file costs only the finding.

use std::fs;
use std::path::Path;

use flts::actors::Statistics;
use flts::runtime::Io;
use flts::storage::Snapshots;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::common::{Data, Node};

/// A family is waited for, and nobody trains.
const SILENT: [(&str, &str); 3] =
    [("ROLES", "inference,evaluator,preprocess"), ("EXPECTED_MODEL_TYPES", "LSTM"), ("RECONCILE_INTERVAL_MS", "300")];

const EVALUATOR: &str = "/debug/actors/evaluator";
const POOL: &str = "/debug/actors/inference-pool";

/// How long the one data set has been waited for, if it is.
fn waited_ms(evaluator: &Value) -> Option<u64> {
    evaluator["state"]["waiting"][0]["waited_ms"].as_u64().filter(|_| evaluator["freshness"] == "live")
}

async fn panic_of_the_evaluator(node: &Node) {
    let before = node.actor("evaluator").await["generation"].as_u64().unwrap();
    let (status, said) = node.post("/debug/faults/evaluator", &json!({"fault": "panic"})).await;
    assert_eq!(status, 200, "{said}");
    node.until(EVALUATOR, |_, actor| {
        actor["generation"].as_u64() > Some(before) && actor["phase"] == "running" && actor["freshness"] == "live"
    })
    .await;
}

/// Flips one bit in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn patience_with_a_silent_family_does_not_begin_anew_at_a_restart() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &SILENT, Some(&data));
    let waiting = node.until(EVALUATOR, |_, actor| waited_ms(actor) >= Some(2_000)).await;
    panic_of_the_evaluator(&node).await;
    let after_panic = node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert!(waited_ms(&after_panic) >= waited_ms(&waiting), "{waiting} and then {after_panic}");
    assert!(node.stop().success());

    let node = Node::start(home.path(), &SILENT, Some(&data));
    let after_stop = node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert!(waited_ms(&after_stop) >= waited_ms(&after_panic), "{after_panic} and then {after_stop}");
    node.kill();

    let node = Node::start(home.path(), &SILENT, Some(&data));
    let after_kill = node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert!(waited_ms(&after_kill) >= waited_ms(&after_panic), "{after_panic} and then {after_kill}");
}

#[tokio::test]
async fn a_promotion_is_not_told_again_by_an_evaluator_that_was_restarted() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("RECONCILE_INTERVAL_MS", "300")], Some(&data));
    node.until(EVALUATOR, |_, actor| actor["state"]["told"] == 1).await;
    let heard = |actor: &Value| actor["state"]["poll"]["records"]["read"].as_u64().unwrap_or_default();
    let hints = "/debug/actors/model-selected-hints";
    let before = node.until(hints, |_, actor| actor["state"]["poll"]["assigned"] == json!([0])).await;
    panic_of_the_evaluator(&node).await;
    let evaluator = node.until(EVALUATOR, |_, actor| actor["state"]["last"] == "judged before").await;
    assert_eq!(evaluator["state"]["told"], 1, "{evaluator}");
    assert!(heard(&node.actor("model-selected-hints").await) <= heard(&before).max(1));
}

#[tokio::test]
async fn a_damaged_tally_is_set_aside_and_found_again_from_the_store() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &SILENT, Some(&data));
    node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert!(node.stop().success());
    let folder = home.path().join("snapshots");
    damage(&folder.join("evaluator-tally.snapshot"));
    damage(&folder.join("pool-statistics.snapshot"));

    let node = Node::start(home.path(), &SILENT, Some(&data));
    let line: Value = serde_json::from_str(&node.await_line("snapshot_set_aside")).unwrap();
    assert!(line["reason"].as_str().unwrap().contains("checksum"), "{line}");
    assert!(line["moved_to"].as_str().unwrap().contains("damaged-1"), "{line}");
    let evaluator = node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert_eq!(evaluator["generation"], 1, "{evaluator}");
    for name in ["evaluator-tally.damaged-1", "pool-statistics.damaged-1"] {
        assert!(folder.join(name).exists(), "{name}");
    }
    assert!(node.stop().success());
    let node = Node::start(home.path(), &SILENT, Some(&data));
    node.until(EVALUATOR, |_, actor| waited_ms(actor).is_some()).await;
    assert!(!node.log().contains("snapshot_set_aside"), "{}", node.log());
}

#[tokio::test]
async fn statistics_of_the_pool_outlive_the_process() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    for _ in 0..3 {
        assert_eq!(node.post("/predict", &data.request(30)).await.0, 200);
    }
    let before = node.actor("inference-pool").await;
    assert!(before["state"]["row_ns"].as_u64() > Some(0), "{before}");
    assert!(node.stop().success());

    // a series without a model: what it says cannot have been measured anew
    let node = Node::start(home.path(), &[("ROLES", "inference"), ("IDENTIFIER", "another")], None);
    let after = node.until(POOL, |_, pool| pool["state"]["workers"].as_u64() > Some(0)).await;
    assert!(after["state"]["model"].is_null(), "{after}");
    assert!(after["state"]["completed"].as_u64() >= before["state"]["completed"].as_u64(), "{before} and then {after}");
    assert!(after["state"]["row_ns"].as_u64() > Some(0), "{after}");
    let (_, stats) = node.get("/queue_stats").await;
    assert!(stats["avg_exec_ms"].as_f64() > Some(0.0), "{stats}");
}

#[tokio::test]
async fn the_first_429_after_a_restart_tells_how_long_the_pool_really_takes() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    assert!(node.stop().success());
    let snapshots = Snapshots::new(home.path().join("snapshots"), Io::current());
    let slow = Statistics { completed: 9, row_ns: 30_000_000_000, avg_exec_ms: 30_000.0 };
    snapshots.save(&slow).unwrap();

    let node = Node::start(
        home.path(),
        &[("QUEUE_MAXSIZE", "1"), ("INFERENCE_BATCH_ROWS", "1"), ("INFERENCE_WORKERS", "1")],
        Some(&data),
    );
    node.until_ready().await;
    let body = data.request(30);
    let answers = join_all((0..50).map(|_| node.http.post(format!("{}/predict", node.base)).json(&body).send())).await;
    let refused = answers.into_iter().map(Result::unwrap).filter(|answer| answer.status().as_u16() == 429);
    let seconds = refused.map(|answer| answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap());
    assert!(seconds.max() > Some(1), "30 s a row were measured");
}
