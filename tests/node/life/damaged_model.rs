//! A promoted model that cannot be loaded leaves the one in service where it is, says why, and is loaded once it is repaired.

use flts::storage::{Condition, MLFLOW_BUCKET};
use serde_json::json;

use crate::common::shell::{flts, scoreboard};
use crate::common::{Data, Node, store_of};

const POOL: &str = "/debug/actors/inference-pool";

#[tokio::test]
async fn a_model_that_does_not_verify_is_not_served_and_the_old_one_stays() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let runs: Vec<String> = scoreboard(home.path()).into_iter().map(|(_, run_id)| run_id).collect();
    let store = store_of(home.path());
    let files = store.list(MLFLOW_BUCKET, "").await.unwrap();
    let weights = files.iter().find(|file| file.key.contains(&runs[1]) && file.key.ends_with(".safetensors")).unwrap();
    let whole = store.get(MLFLOW_BUCKET, &weights.key).await.unwrap().unwrap().bytes;
    let mut damaged = whole.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    store.put(MLFLOW_BUCKET, &weights.key, damaged.into(), Condition::Always).await.unwrap();

    flts(home.path(), &["promotion", "set", &runs[1]]).good();
    let refused = node.await_line("\"promotion_model_load_fail\"");
    assert!(refused.contains("error"), "{refused}");
    let (status, said) = node.post("/reload_latest", &json!({})).await;
    assert!(status >= 500, "{status} {said}");
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((status, &answer["run_id"], &answer["generation"]), (200, &json!(runs[0]), &json!(1)), "{answer}");

    store.put(MLFLOW_BUCKET, &weights.key, whole, Condition::Always).await.unwrap();
    node.until(POOL, |_, pool| pool["state"]["model"]["run_id"] == runs[1].as_str()).await;
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((status, &answer["generation"]), (200, &json!(2)), "{answer}");
    assert_eq!(node.stop().code(), Some(0));
}
