//! The object store goes away in the middle and comes back: nothing is lost, and nothing is done twice.

use std::time::{Duration, Instant};

use bytes::Bytes;
use flts::storage::{Condition, ObjectStore, ObjectStoreConfig, StorePatience};
use flts_soak::services::Minio;
use serde_json::json;

use crate::common::any_store::AnyStore;
use crate::common::lossy::{Fault, Lossy};
use crate::common::{Data, Node, PATIENCE};

/// Settings of a node that uses a store outside it, and trains one family.
fn outside<'a>(env: &'a [(&'static str, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let env = env.iter().map(|(name, value)| (*name, value.as_str()));
    env.chain([("MODEL_TYPE", "GRU")]).chain(more.iter().copied()).collect()
}

/// The rows are read, and the first steps are done.
async fn until_it_trains(node: &Node) {
    let deadline = Instant::now() + PATIENCE;
    let begun = |metrics: &str| {
        let ratio =
            metrics.lines().find_map(|line| line.strip_prefix("flts_training_progress_ratio{model_type=\"GRU\"} "));
        ratio.is_some_and(|ratio| ratio.parse::<f64>().unwrap() > 0.0)
    };
    while !begun(&node.text("/metrics").await) {
        assert!(Instant::now() < deadline, "no training makes progress:\n{}", node.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_trained_while_the_store_was_away_is_stored_when_it_is_back() {
    let (data, home, mut store) = (Data::synthetic(), tempfile::tempdir().unwrap(), AnyStore::start().await);
    let env = store.env();
    let node = Node::start(home.path(), &outside(&env, &[("MAX_STEPS", "400")]), Some(&data));
    until_it_trains(&node).await;
    store.kill().await;
    node.await_line("artifact_save_retry");

    store.restart().await;
    node.until_ready().await;
    let trainings = node.log().lines().filter(|line| line.contains("train_start")).count();
    assert_eq!(trainings, 1, "what was trained was kept:\n{}", node.log());
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((status, &answer["generation"]), (200, &json!(1)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_goes_on_while_its_checkpoints_cannot_be_kept() {
    let (data, home, mut store) = (Data::synthetic(), tempfile::tempdir().unwrap(), AnyStore::start().await);
    let env = store.env();
    let often = [("MAX_STEPS", "2000"), ("CHECKPOINT_INTERVAL_MS", "200")];
    let node = Node::start(home.path(), &outside(&env, &often), Some(&data));
    until_it_trains(&node).await;
    store.kill().await;
    node.await_line("checkpoint_store_fail");

    store.restart().await;
    node.await_line("train_complete");
    assert!(!node.log().contains("training_resumed"), "it was never broken off:\n{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_drains_in_time_though_no_checkpoint_can_be_kept() {
    let (data, home, mut store) = (Data::synthetic(), tempfile::tempdir().unwrap(), AnyStore::start().await);
    let env = store.env();
    // its first hundredth is soon there, which is when progress is told, and its end is not
    let node = Node::start(home.path(), &outside(&env, &[("MAX_STEPS", "100000")]), Some(&data));
    until_it_trains(&node).await;
    store.kill().await;
    // by then it has moved, so that there is something to keep
    node.until("/debug/actors/trainer", |_, actor| actor["state"]["running"][0]["for_ms"].as_u64() > Some(300)).await;
    assert_eq!(node.stop().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_drains_in_time_though_the_store_hangs_over_a_data_set() {
    for (roles, method, path) in [
        // where a preprocessor reads the record, lists the files, writes the first of them
        ("preprocess", "GET", "meta.json"),
        ("preprocess", "PUT", "test.parquet"),
        ("preprocess", "PUT", "train.meta.json"),
        // where a trainer reads the data set, under its lease
        ("preprocess,trainer", "GET", "train.parquet"),
    ] {
        let (data, home, store) = (Data::synthetic(), tempfile::tempdir().unwrap(), AnyStore::embedded().await);
        let way = Lossy::before(&store.endpoint()).await;
        let keys = store.env();
        let env = [("S3_ENDPOINT_URL", way.endpoint.clone()), keys[1].clone(), keys[2].clone()];
        way.lose(method, path, Fault::Silence);
        let node = Node::start(home.path(), &outside(&env, &[("ROLES", roles)]), Some(&data));
        let hangs = async {
            while way.count(method, path) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, hangs).await.expect("it gets there");
        // 0 is in time, 75 is late
        assert_eq!(tokio::task::spawn_blocking(|| node.stop()).await.unwrap().code(), Some(0), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real store: make test-real"]
async fn calls_to_a_store_that_is_killed_or_frozen_end_as_outages_and_go_on_when_it_is_back() {
    let mut minio = Minio::start().unwrap();
    let config = ObjectStoreConfig::at(minio.endpoint_url(), Minio::ACCESS_KEY, Minio::SECRET_KEY);
    let patience = StorePatience { read: Duration::from_secs(2), ..StorePatience::default() };
    let objects = ObjectStore::new(config.waiting(patience));
    objects.ensure_bucket("bucket").await.unwrap();
    let bytes = Bytes::from_static(b"kept");
    objects.put("bucket", "key", bytes.clone(), Condition::IfAbsent).await.unwrap();

    minio.kill().unwrap();
    assert!(objects.get("bucket", "key").await.unwrap_err().is_outage());
    assert!(objects.put("bucket", "other", bytes.clone(), Condition::IfAbsent).await.unwrap_err().is_outage());
    minio.restart().unwrap();
    assert_eq!(objects.get("bucket", "key").await.unwrap().unwrap().bytes, bytes);

    minio.freeze().unwrap();
    let (read, written, listed) = tokio::join!(
        objects.get("bucket", "key"),
        objects.put("bucket", "frozen", bytes.clone(), Condition::IfAbsent),
        objects.list("bucket", ""),
    );
    assert!(read.unwrap_err().is_outage() && written.unwrap_err().is_outage() && listed.unwrap_err().is_outage());
    minio.thaw().unwrap();
    assert_eq!(objects.get("bucket", "key").await.unwrap().unwrap().bytes, bytes);
    // what was on its way may have arrived by now, and is ours in any case
    let again = objects.put("bucket", "frozen", Bytes::from_static(b"again"), Condition::Always).await;
    again.unwrap();
}
