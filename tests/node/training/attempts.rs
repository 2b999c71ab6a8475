//! Work that kills its process, or panics, is begun three times and then recorded as failed, and everything else goes on.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::common::shell::flts;
use crate::common::{Data, Node};

const QUICK_SEARCH: (&str, &str) = ("RECONCILE_INTERVAL_MS", "300");

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

fn count(node: &Node, words: &[&str]) -> usize {
    node.log().lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

/// LSTM is recorded as failed for what happened to it, and GRU competes without it.
fn assert_given_up(node: &Node) {
    let failed = parsed(&node.await_line("\"train_error\""));
    assert_eq!((&failed["model_type"], &failed["final"]), (&Value::from("LSTM"), &Value::from(true)), "{failed}");
    assert!(failed["error"].as_str().unwrap().contains("each of 3 attempts"), "{failed}");
    node.await_line("\"promotion_decision\"");
}

/// What the decision in the store says of each family.
fn families(home: &Path) -> Vec<String> {
    let history = flts(home, &["promotion", "history", "--json"]).json();
    let decisions = history.as_array().unwrap();
    assert_eq!(decisions.len(), 1, "{history}");
    let board = decisions[0]["scoreboard"].as_array().unwrap();
    board.iter().map(|candidate| candidate["model_type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_training_that_kills_its_process_three_times_is_given_up_at_the_fourth_start() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let deadly = [("FLTS_CRASH_AT", "lstm-training-step"), QUICK_SEARCH];
    for _ in 0..3 {
        let node = Node::start(home.path(), &deadly, Some(&data));
        node.await_line("killed at fault point lstm-training-step");
        assert_eq!(node.wait().signal(), Some(Signal::SIGKILL as i32));
    }
    let node = Node::start(home.path(), &deadly, Some(&data));
    assert_given_up(&node);
    let families = families(home.path());
    assert!(families.contains(&"GRU".into()) && !families.contains(&"LSTM".into()), "{families:?}");
    assert_eq!(node.stop().code(), Some(0));
    // and it stays given up, whatever feeds it again
    let node = Node::start(home.path(), &deadly, Some(&data));
    node.until("/debug/actors/training-claims-lstm", |_, actor| {
        actor["state"]["poll"]["records"]["done"].as_u64() >= Some(1)
    })
    .await;
    assert_eq!(node.stop().code(), Some(0));
}

#[tokio::test]
async fn a_training_that_panics_each_time_is_given_up_and_the_budgets_of_supervision_survive() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let (train, test) = (data.train.to_str().unwrap(), data.test.to_str().unwrap());
    // no record is behind the work: a search finds the data set in the store
    flts(home.path(), &["preprocess", "--data", train, "--test", test]).good();
    let panics = [
        ("FAILPOINTS", "lstm-training-step=panic"),
        ("ROLES", "trainer,evaluator,inference"),
        ("DATASET_NAME", "none"),
        QUICK_SEARCH,
    ];
    let node = Node::start(home.path(), &panics, None);
    assert_given_up(&node);
    assert_eq!(count(&node, &["\"lease_", "\"LSTM\""]), 4, "{}", node.log());
    assert_eq!(count(&node, &["\"lease_taken_over\""]), 0, "a panic gives its lease back");
    node.until_ready().await;
    let trainer = node.actor("trainer").await;
    assert_eq!((&trainer["phase"], &trainer["generation"]), (&Value::from("running"), &Value::from(4)), "{trainer}");
    assert_eq!(node.stop().code(), Some(0));
}
