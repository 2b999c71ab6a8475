//! A broker or an object store that is away shows in readiness and metrics until it is back; a node that can serve serves on.

use std::net::SocketAddr;
use std::path::Path;

use flts::embedded::{Credentials, Store};
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::common::{Data, Node, brokers_of};

fn joined_to(first: &Path, home: &Path, roles: &str) -> Node {
    Node::start(home, &[("ROLES", roles), ("JOIN", first.to_str().unwrap())], None)
}

/// The dependencies that are away, by name.
fn away(ready: &Value) -> Vec<&str> {
    let degraded = ready["degraded"].as_array().unwrap();
    degraded.iter().map(|told| told.as_str().unwrap().split(':').next().unwrap()).collect()
}

async fn open(node: &Node, latch: &str) -> bool {
    let metrics = node.text("/metrics").await;
    let series = format!("flts_ready{{latch=\"{latch}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value.unwrap_or_else(|| panic!("no {series}in\n{metrics}")) == "1"
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inference_node_stays_ready_and_says_what_is_away_until_it_is_back_elsewhere() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let [home, second_home] = [homes[0].path(), homes[1].path()];
    let first = Node::start(home, &[], Some(&data));
    first.until_ready().await;
    let second = joined_to(home, second_home, "inference");
    let ready = second.until("/readyz", |status, _| status == 200).await;
    assert_eq!(ready["degraded"], json!([]));
    assert!(open(&second, "broker").await && open(&second, "object-store").await);
    let brokers = brokers_of(home);

    first.kill();
    let ready = second.until("/readyz", |_, ready| away(ready) == ["broker", "object-store"]).await;
    assert_eq!(
        (&ready["ready"], &ready["model_loaded"], &ready["waiting_for"]),
        (&json!(true), &json!(true), &json!([]))
    );
    let broker = ready["degraded"][0].as_str().unwrap();
    assert!(broker.starts_with(&format!("broker: no answer from {brokers} (away for ")), "{broker}");
    assert!(!open(&second, "broker").await && !open(&second, "object-store").await);
    assert_eq!(second.post("/predict", &data.request(30)).await.0, 200);
    assert_eq!((second.get("/readyz").await.0, second.get("/healthz").await.0), (200, 200));

    let _first = Node::start(home, &[], None);
    second.until("/readyz", |status, ready| status == 200 && ready["degraded"] == json!([])).await;
    assert!(open(&second, "broker").await && open(&second, "object-store").await);
    for actor in second.get("/debug/actors").await.1["actors"].as_array().unwrap() {
        assert_eq!(actor["generation"], 1, "nobody is restarted for it: {actor}");
    }
}

#[tokio::test]
async fn a_node_without_inference_is_not_ready_while_its_broker_hangs_and_is_again_when_that_goes_on() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Node::start(homes[0].path(), &[], None);
    let second = joined_to(homes[0].path(), homes[1].path(), "trainer");
    second.until_ready().await;
    first.halt().await;
    let ready = second.until("/readyz", |status, ready| status == 503 && away(ready).contains(&"broker")).await;
    assert_eq!((&ready["ready"], &ready["waiting_for"][0]), (&json!(false), &ready["degraded"][0]));
    assert_eq!(second.get("/healthz").await.0, 200, "that is no reason to restart it");
    kill(first.pid(), Signal::SIGCONT).unwrap();
    let ready = second.until("/readyz", |status, _| status == 200).await;
    assert_eq!(ready["degraded"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_alone_and_comes_back_in_its_place_is_the_only_one_named() {
    let (data, home, bucket) = (Data::synthetic(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = async |addr: SocketAddr| {
        let credentials = Credentials { access_key: "flts".into(), secret_key: "a secret of this test".into() };
        Store::start(bucket.path(), addr, credentials).await.unwrap()
    };
    let first = store("127.0.0.1:0".parse().unwrap()).await;
    let addr = first.addr();
    let endpoint = format!("http://{addr}");
    let outside = [
        ("S3_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "flts"),
        ("AWS_SECRET_ACCESS_KEY", "a secret of this test"),
        ("MODEL_TYPE", "GRU"),
    ];
    let node = Node::start(home.path(), &outside, Some(&data));
    node.until_ready().await;
    first.stop().await;
    let ready = node.until("/readyz", |status, ready| status == 200 && away(ready) == ["object-store"]).await;
    assert!(ready["degraded"][0].as_str().unwrap().contains(&endpoint), "{ready}");
    assert!(open(&node, "broker").await && !open(&node, "object-store").await);
    assert!(node.text("/metrics").await.contains("flts_actor_state_age_seconds{actor=\"evaluator\"}"));

    let _second = store(addr).await;
    node.until("/readyz", |status, ready| status == 200 && ready["degraded"] == json!([])).await;
    assert_eq!(node.stop().code(), Some(0));
}
