//! A damaged entry of ours is named by readiness until it is whole again, and stops nothing else.

use flts::storage::{Condition, MLFLOW_BUCKET, ObjectStore, PROMOTION_BUCKET};
use serde_json::{Value, json};

use crate::common::{Data, Node, store_of};

async fn key_with(store: &ObjectStore, bucket: &str, prefix: &str, words: &[&str]) -> String {
    let keys = store.list(bucket, prefix).await.unwrap().into_iter().map(|entry| entry.key);
    keys.into_iter().find(|key| words.iter().all(|word| key.contains(word))).unwrap()
}

async fn replace(store: &ObjectStore, bucket: &str, key: &str, bytes: impl Into<bytes::Bytes>) -> bytes::Bytes {
    let before = store.get(bucket, key).await.unwrap().unwrap().bytes;
    store.put(bucket, key, bytes.into(), Condition::Always).await.unwrap();
    before
}

fn names(ready: &Value, what: &str) -> bool {
    ready["degraded"].as_array().is_some_and(|all| all.iter().any(|one| one.as_str().unwrap().contains(what)))
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_runs_and_decisions_are_named_until_they_are_restored() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("MODEL_TYPE", "GRU"), ("RECONCILE_INTERVAL_MS", "300")], Some(&data));
    let ready = node.until("/readyz", |status, _| status == 200).await;
    assert_eq!(ready["degraded"], json!([]));
    let store = store_of(home.path());
    let run = key_with(&store, MLFLOW_BUCKET, "runs/", &["PERSISTENCE"]).await;
    let decision = key_with(&store, PROMOTION_BUCKET, "default/history/", &[]).await;
    for (bucket, key) in [(MLFLOW_BUCKET, run), (PROMOTION_BUCKET, decision)] {
        let whole = replace(&store, bucket, &key, "{").await;
        let name = format!("damaged: object {bucket}/{key}");
        node.until("/readyz", |status, ready| status == 200 && names(ready, &name)).await;
        assert_eq!(node.post("/predict", &data.request(30)).await.0, 200);
        replace(&store, bucket, &key, whole).await;
        node.until("/readyz", |status, ready| status == 200 && ready["degraded"] == json!([])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_manifest_is_named_by_who_cannot_load_its_model() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let first = Node::start(homes[0].path(), &[("MODEL_TYPE", "GRU")], Some(&data));
    first.until_ready().await;
    let pointer = first.actor("promotion-watcher").await["state"]["pointer"].clone();
    let (run, store) = (pointer["run_id"].as_str().unwrap(), store_of(homes[0].path()));
    let manifest = key_with(&store, MLFLOW_BUCKET, "Default/", &[run, "manifest.json"]).await;
    let whole = replace(&store, MLFLOW_BUCKET, &manifest, "{").await;
    let join = [("ROLES", "inference"), ("JOIN", homes[0].path().to_str().unwrap())];
    let second = Node::start(homes[1].path(), &join, None);
    second.until("/readyz", |_, ready| names(ready, "pointer: ") && names(ready, "manifest.json")).await;
    assert_eq!(first.post("/predict", &data.request(30)).await.0, 200, "who has the model serves on");
    replace(&store, MLFLOW_BUCKET, &manifest, whole).await;
    second.until("/readyz", |status, ready| status == 200 && ready["degraded"] == json!([])).await;
}
