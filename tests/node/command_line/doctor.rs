//! `flts doctor` says that all is well, or what is broken and what to do.

use flts::storage::{Condition, MLFLOW_BUCKET, ObjectStore, PROMOTION_BUCKET};
use serde_json::Value;

use crate::common::shell::{Said, flts};
use crate::common::{Data, Node, store_of};

/// The findings of a level, by subject.
fn findings(said: &Said, level: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout));
    let of_level = report.as_array().unwrap().iter().filter(|finding| finding["level"] == level);
    of_level
        .map(|finding| (finding["subject"].as_str().unwrap().into(), finding["text"].as_str().unwrap().into()))
        .collect()
}

/// A node that serves a model which it trained.
async fn served_node() -> (tempfile::TempDir, Node) {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("MODEL_TYPE", "GRU")], Some(&data));
    node.until_ready().await;
    (home, node)
}

async fn keys(store: &ObjectStore, bucket: &str, prefix: &str) -> Vec<String> {
    store.list(bucket, prefix).await.unwrap().into_iter().map(|entry| entry.key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_node_is_called_sound_beside_it_and_after_its_end() {
    let (home, node) = served_node().await;
    let beside = flts(home.path(), &["doctor", "--json"]);
    assert_eq!((beside.code, findings(&beside, "broken")), (Some(0), Vec::new()), "{}", beside.stderr);
    assert!(
        findings(&beside, "ok")
            .iter()
            .any(|(subject, text)| subject == "series default" && text.contains("generation 1"))
    );
    for whole in ["topics", "stray objects", "leases", "records", "clocks"] {
        assert!(findings(&beside, "ok").iter().any(|(subject, _)| subject == whole), "{whole}: {}", beside.stdout);
    }
    assert_eq!(node.stop().code(), Some(0));
    let alone = flts(home.path(), &["doctor"]);
    assert!(alone.good().contains("keeps to conditional writes"), "{}", alone.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named_with_what_to_do() {
    let (home, node) = served_node().await;
    let store = store_of(home.path());
    let run =
        node.get("/debug/actors/promotion-watcher").await.1["state"]["pointer"]["run_id"].as_str().unwrap().to_owned();
    let weights = keys(&store, MLFLOW_BUCKET, "").await;
    let weights =
        weights.iter().find(|key| key.contains(&run) && !key.ends_with("json") && !key.starts_with("runs/")).unwrap();
    let bytes = store.get(MLFLOW_BUCKET, weights).await.unwrap().unwrap().bytes;
    store.put(MLFLOW_BUCKET, weights, b"no model".to_vec().into(), Condition::Always).await.unwrap();
    let said = flts(home.path(), &["doctor", "--json"]);
    let broken = findings(&said, "broken");
    assert_eq!((said.code, broken.len()), (Some(1), 1), "{broken:?}");
    assert!(broken[0].0 == "series default" && broken[0].1.contains("flts promotion rollback"), "{broken:?}");
    store.put(MLFLOW_BUCKET, weights, bytes, Condition::Always).await.unwrap();

    let entry = keys(&store, PROMOTION_BUCKET, "default/history/").await.remove(0);
    store.put(PROMOTION_BUCKET, &entry, b"{".to_vec().into(), Condition::Always).await.unwrap();
    let said = flts(home.path(), &["doctor", "--json"]);
    let broken = findings(&said, "broken");
    assert!(said.code == Some(1) && broken.iter().any(|(_, text)| text.contains(&entry)), "{broken:?}");
    node.kill();
}
