//! A run whose files somebody removed is trained again and gets the same files back; where others come out, that is said once.

use std::collections::BTreeMap;

use flts::storage::{Condition, MLFLOW_BUCKET, ObjectStore};
use serde_json::Value;

use crate::common::{Data, Node, store_of};

const SETTINGS: [(&str, &str); 2] = [("MODEL_TYPE", "GRU"), ("RECONCILE_INTERVAL_MS", "300")];

/// The files of the GRU's artifact, by key, with their ETags.
async fn files(store: &ObjectStore) -> BTreeMap<String, String> {
    let entries = store.list(MLFLOW_BUCKET, "Default/").await.unwrap();
    let of_gru = entries.into_iter().filter(|entry| entry.key.contains("/artifacts/GRU/"));
    of_gru.map(|entry| (entry.key, entry.etag)).collect()
}

async fn remove_all(store: &ObjectStore, files: &BTreeMap<String, String>) {
    for key in files.keys() {
        store.delete(MLFLOW_BUCKET, key).await.unwrap();
    }
}

fn count(node: &Node, event: &str) -> usize {
    node.log().matches(&format!("\"event\":\"{event}\"")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_removed_come_back_as_they_were() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &SETTINGS, Some(&data));
    node.await_line("\"promotion_decision\"");
    let store = store_of(home.path());
    let before = files(&store).await;
    assert_eq!(before.len(), 2, "{before:?}");
    remove_all(&store, &before).await;
    node.await_line("\"artifact_restored\"");
    assert_eq!(files(&store).await, before);
    assert_eq!(count(&node, "promotion_decision"), 1, "{}", node.log());
    assert_eq!(node.stop().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_come_out_differently_are_told_as_lost_and_left_at_that() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &SETTINGS, Some(&data));
    node.await_line("\"promotion_decision\"");
    let store = store_of(home.path());
    // a run as another machine might have trained it
    let runs = store.list(MLFLOW_BUCKET, "runs/default/").await.unwrap();
    let key = runs.iter().map(|entry| &entry.key).find(|key| key.contains("/GRU/")).unwrap();
    let mut run: Value = serde_json::from_slice(&store.get(MLFLOW_BUCKET, key).await.unwrap().unwrap().bytes).unwrap();
    run["run_id"] = "0".repeat(32).into();
    store.put(MLFLOW_BUCKET, key, run.to_string().into(), Condition::Always).await.unwrap();
    let lost = node.await_line("\"artifact_lost\"");
    assert!(lost.contains(&"0".repeat(32)), "{lost}");

    let trained = count(&node, "train_start");
    // searches go by, and none of them trains it once more
    let searched = std::time::Instant::now();
    node.until("/debug/actors/trainer", |_, actor| {
        actor["state"]["running"] == serde_json::json!([]) && searched.elapsed().as_millis() > 1500
    })
    .await;
    assert_eq!((count(&node, "train_start"), count(&node, "artifact_lost")), (trained, 1), "{}", node.log());
    assert_eq!(node.stop().code(), Some(0));
}
