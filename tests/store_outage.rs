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

#[tokio::test(flavor = "multi_thread")]
async fn a_model_trained_while_the_store_was_away_is_stored_when_it_is_back() {
    let (data, home, bucket) = (Data::synthetic(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = store(bucket.path(), "127.0.0.1:0".parse().unwrap()).await;
    let addr = first.addr();
    let endpoint = format!("http://{addr}");
    let outside = [
        ("S3_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "flts"),
        ("AWS_SECRET_ACCESS_KEY", "a secret of this test"),
        ("MODEL_TYPE", "GRU"),
        ("MAX_STEPS", "400"),
    ];
    let node = Node::start(home.path(), &outside, Some(&data));
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
