//! A promoted model that cannot be loaded leaves the one in service where it is, and is loaded once its files are whole.

use flts::storage::{Appended, Audit, Condition, Decision, Decisions, MLFLOW_BUCKET, Runs};
use serde_json::json;

use crate::common::shell::scoreboard;
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

    // as if the files were damaged after the decision: no command promotes what it cannot load
    let decisions = Decisions::new(store.clone());
    let run = Runs::new(store.clone()).find_by_id("default", &runs[1]).await.unwrap().unwrap();
    let audit = Audit { who: "a test".into(), why: "to have it loaded".into() };
    let decision = Decision::setting(&decisions.history("default").await.unwrap(), &run, audit).unwrap();
    assert!(matches!(decisions.append(&decision).await.unwrap(), Appended::Done));
    decisions.project("default").await.unwrap();

    node.await_line("\"promotion_model_load_fail\"");
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
