//! A family that cannot be trained on a data set is recorded as failed, and nobody waits for it or tries it again; the best naive method
//! is served meanwhile.

use flts::forecast::{sample, to_csv};
use serde_json::Value;

use crate::common::{Data, Node};

/// Too few rows for a window of the recurrent families.
fn few_rows() -> Data {
    let folder = tempfile::tempdir().unwrap();
    let series = sample(7, 1);
    let (train, test) = (folder.path().join("sample.csv"), folder.path().join("sample_test.csv"));
    std::fs::write(&train, to_csv(&series.slice(0..50))).unwrap();
    std::fs::write(&test, to_csv(&series.slice(50..120))).unwrap();
    Data { folder, train, test }
}

fn failures(node: &Node) -> usize {
    node.log().lines().filter(|line| line.contains("\"event\":\"train_error\"")).count()
}

fn starts(node: &Node) -> usize {
    node.log().lines().filter(|line| line.contains("\"event\":\"train_start\"")).count()
}

#[tokio::test]
async fn families_that_failed_for_good_are_judged_without_and_not_trained_again() {
    let (data, home) = (few_rows(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("RECONCILE_INTERVAL_MS", "300")], Some(&data));
    let decided = node.await_line("promotion_decision");
    let decided: Value = serde_json::from_str(&decided).unwrap();
    assert_eq!((&decided["seq"], &decided["decision"]), (&Value::from(1), &Value::from("promoted")), "{decided}");
    assert_eq!(decided["fallback"], true, "{decided}");
    assert!(failures(&node) >= 2, "{}", node.log());
    node.until_ready().await;
    let ready = node.get("/readyz").await.1;
    assert_eq!((&ready["fallback"], &ready["model_loaded"]), (&Value::from(true), &Value::from(true)), "{ready}");
    let (status, answer) = node.post("/predict", &data.request(40)).await;
    assert_eq!((status, &answer["model_type"]), (200, &Value::from("PERSISTENCE")), "{answer}");
    assert_eq!((&answer["fallback"], &answer["provisional"]), (&Value::from(true), &Value::Null), "{answer}");
    let pointer = node.get("/promotion").await.1;
    assert_eq!(pointer["fallback"], true, "{pointer}");
    let history = node.get("/promotion/history").await.1;
    let decision = &history["decisions"][0];
    let rows = decision["scoreboard"].as_array().unwrap().iter().filter(|row| row["fallback"] == true).count();
    assert_eq!((&decision["fallback"], rows), (&Value::from(true), 1), "{decision}");
    node.kill();

    let node = Node::start(home.path(), &[("RECONCILE_INTERVAL_MS", "300")], Some(&data));
    // both claims come again and are answered with the failures that are recorded
    node.until("/debug/actors/training-events", |_, actor| {
        actor["state"]["poll"]["records"]["done"].as_u64() >= Some(2)
    })
    .await;
    assert_eq!(starts(&node), 0, "{}", node.log());
    let evaluator = node.until("/debug/actors/evaluator", |_, actor| actor["state"]["last"].is_string()).await;
    assert_eq!(evaluator["state"]["last"], "judged before", "{evaluator}");
}
