//! An object that kills every process which works on it is given up after three deaths, with its story, and other claims are answered.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use flts::kafka::{INFERENCE_DATA, PERFORMANCE_EVAL, Producer};
use flts::storage::Condition;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::common::topics::Topic;
use crate::common::{Data, Node, brokers_of, store_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_kills_its_process_three_times_is_a_dead_letter_at_the_fourth_start() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let quick = [("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU")];
    let deadly = [&quick[..], &[("FLTS_CRASH_AT", "claim-in-work")]].concat();
    for _ in 0..3 {
        let node = Node::start(home.path(), &deadly, Some(&data));
        node.await_line("killed at fault point claim-in-work");
        assert_eq!(node.wait().signal(), Some(Signal::SIGKILL as i32));
    }
    // the claim of the data set is published again at each start
    let node = Node::start(home.path(), &deadly, Some(&data));
    let letter = Topic::of(&brokers_of(home.path()), "DLQ-inference-data").next_json();
    let error = letter["error"].as_str().unwrap();
    assert!(error.contains("3 processes died while they worked on it"), "{error}");
    assert!(error.contains("processed-data/") && error.contains(" soon after "), "{error}");
    assert_eq!(letter["count"], 1, "no further attempt is made");
    assert!(letter["payload"]["event_id"].as_str().unwrap().starts_with("infer:"), "{letter}");
    assert_eq!(node.stop().code(), Some(0));

    // it stays given up, and other rows are answered
    let node = Node::start(home.path(), &quick, Some(&data));
    node.until_ready().await;
    let store = store_of(home.path());
    let rows = store.get("dataset", "sample_test.csv").await.unwrap().unwrap();
    store.put("dataset", "other.csv", rows.bytes, Condition::Always).await.unwrap();
    let claim = json!({"bucket": "dataset", "object": "other.csv", "identifier": "default", "event_id": "other"});
    let brokers = brokers_of(home.path());
    let producer = Producer::new(&brokers, &[]).unwrap();
    producer.send(INFERENCE_DATA, None, claim.to_string().into_bytes()).await.unwrap();
    assert_eq!(Topic::of(&brokers, PERFORMANCE_EVAL).next_json()["claim_id"], "other");
    let letter = Topic::of(&brokers, "DLQ-inference-data").next_json();
    assert!(letter["error"].as_str().unwrap().contains("3 processes died"), "{letter}");
    // a process that has nothing in work has no journal, and those of the dead stay
    while store.list("mlflow", "claims-in-work/").await.unwrap().len() != 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(node.stop().code(), Some(0));
}
