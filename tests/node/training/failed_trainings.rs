//! A family that cannot be trained on a data set is recorded as failed, and nobody waits for it or tries it again.

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
    assert_eq!((&decided["seq"], &decided["decision"]), (&Value::from(1), &Value::from("refused")), "{decided}");
    assert!(failures(&node) >= 2, "{}", node.log());
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
