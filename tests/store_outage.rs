//! The object store goes away in the middle and comes back: nothing is lost, and nothing is done twice.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

mod common;

use std::net::SocketAddr;
use std::path::Path;

use common::{Data, Node};
use flts::embedded::{Credentials, Store};
use serde_json::json;

async fn store(folder: &Path, addr: SocketAddr) -> Store {
    let credentials = Credentials { access_key: "flts".into(), secret_key: "a secret of this test".into() };
    Store::start(folder, addr, credentials).await.unwrap()
}

/// Settings of a node that uses a store outside it, and trains one family.
fn outside(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("S3_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "flts"),
        ("AWS_SECRET_ACCESS_KEY", "a secret of this test"),
        ("MODEL_TYPE", "GRU"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_trained_while_the_store_was_away_is_stored_when_it_is_back() {
    let (data, home, bucket) = (Data::synthetic(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = store(bucket.path(), "127.0.0.1:0".parse().unwrap()).await;
    let addr = first.addr();
    let endpoint = format!("http://{addr}");
    let settings = [outside(&endpoint), vec![("MAX_STEPS", "400")]].concat();
    let node = Node::start(home.path(), &settings, Some(&data));
    node.await_line("train_start");
    first.stop().await;
    node.await_line("artifact_save_retry");

    let _second = store(bucket.path(), addr).await;
    node.until_ready().await;
    let trainings = node.log().lines().filter(|line| line.contains("train_start")).count();
    assert_eq!(trainings, 1, "what was trained was kept:\n{}", node.log());
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((status, &answer["generation"]), (200, &json!(1)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_goes_on_while_its_checkpoints_cannot_be_kept() {
    let (data, home, bucket) = (Data::synthetic(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = store(bucket.path(), "127.0.0.1:0".parse().unwrap()).await;
    let addr = first.addr();
    let endpoint = format!("http://{addr}");
    let often = vec![("MAX_STEPS", "2000"), ("CHECKPOINT_INTERVAL_MS", "200")];
    let node = Node::start(home.path(), &[outside(&endpoint), often].concat(), Some(&data));
    node.await_line("train_start");
    first.stop().await;
    node.await_line("checkpoint_store_fail");

    let _second = store(bucket.path(), addr).await;
    node.await_line("train_complete");
    assert!(!node.log().contains("training_resumed"), "it was never broken off:\n{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_drains_in_time_though_no_checkpoint_can_be_kept() {
    let (data, home, bucket) = (Data::synthetic(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = store(bucket.path(), "127.0.0.1:0".parse().unwrap()).await;
    let endpoint = format!("http://{}", store.addr());
    let long = vec![("MAX_STEPS", "1000000")];
    let node = Node::start(home.path(), &[outside(&endpoint), long].concat(), Some(&data));
    node.await_line("train_start");
    store.stop().await;
    // by then it has moved, so that there is something to keep
    node.until("/debug/actors/trainer", |_, actor| actor["state"]["running"][0]["for_ms"].as_u64() > Some(300)).await;
    assert_eq!(node.stop().code(), Some(0));
}
