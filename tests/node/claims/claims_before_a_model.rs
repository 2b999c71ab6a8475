//! Claims that cannot be answered yet, or not by this node: they wait without being written again and again, and the log says why.

use flts::kafka::{INFERENCE_DATA, Producer};
use serde_json::{Value, json};

use crate::common::topics::Topic;
use crate::common::{brokers_of, serving_node};

/// More claims of its own series than wait on both topics together.
const MANY: u64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_the_nodes_own_series_are_parked_once_and_wait_there_for_its_first_model() {
    let (home, node) = serving_node(&[]);
    let producer = Producer::new(&brokers_of(home.path()), &[]).unwrap();
    for at in 0..MANY {
        let claim = json!({"bucket": "dataset", "object": "a.csv", "event_id": format!("own-{at}")});
        producer.send(INFERENCE_DATA, None, claim.to_string().into_bytes()).await.unwrap();
    }
    // each waits in place some seconds at a time: by then the first have waited for a third time at least
    let poll = |actor: &Value, what: &str| actor["state"]["poll"]["records"][what].as_u64().unwrap_or_default();
    node.until("/debug/actors/parked-claims", |_, actor| poll(actor, "handed_back") >= 3 * 200).await;
    let batch = node.actor("batch-forecaster").await;
    let parked = batch["state"]["parked"].as_u64().unwrap();
    assert!(parked <= MANY, "{parked} of {MANY} claims: each is parked once at most");
    assert_eq!(poll(&node.actor("parked-claims").await, "done"), 0, "none of them went round");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_claim_of_a_bucket_that_claims_may_not_read_is_a_warning_that_names_the_setting() {
    let (home, node) = serving_node(&[]);
    let producer = Producer::new(&brokers_of(home.path()), &[]).unwrap();
    for at in 0..3 {
        let claim = json!({"bucket": "payroll", "object": "a.csv", "event_id": format!("{at}")});
        producer.send(INFERENCE_DATA, None, claim.to_string().into_bytes()).await.unwrap();
    }
    let dead = Topic::of(&brokers_of(home.path()), "DLQ-inference-data");
    dead.take(3);
    let warning = node.await_line("claim_bucket_refused");
    assert!(warning.contains("payroll") && warning.contains("CLAIM_BUCKETS"), "{warning}");
    let warnings = node.log().lines().filter(|line| line.contains("claim_bucket_refused")).count();
    assert_eq!(warnings, 1, "{}", node.log());
}
