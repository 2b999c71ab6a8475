//! An injected panic in each actor and worker: it comes back, the operator sees why, the system goes on.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

mod common;

use common::{Data, Node};
use serde_json::json;

#[tokio::test]
async fn every_actor_that_panics_comes_back_and_shows_cause_and_place() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    // the budgets of this test are wide: it breaks everything at once, which no quiet day does
    let node = Node::start(home.path(), &[("RESTART_LIMIT", "50")], Some(&data));
    node.until_ready().await;
    let actors = node.get("/debug/actors").await.1;
    let names: Vec<String> =
        actors["actors"].as_array().unwrap().iter().map(|actor| actor["name"].as_str().unwrap().to_owned()).collect();
    for expected in [
        "inference-pool",
        "promotion-watcher",
        "evaluator",
        "trainer",
        "preprocessor",
        "training-claims-gru",
        "training-events",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected} is not among {names:?}");
    }
    for name in &names {
        let before = node.actor(name).await["generation"].as_u64().unwrap();
        let (status, said) = node.post(&format!("/debug/faults/{name}"), &json!({"fault": "panic"})).await;
        assert_eq!(status, 200, "{name}: {said}");
        let path = format!("/debug/actors/{name}");
        let back = node
            .until(&path, |_, actor| {
                actor["phase"] == "running"
                    && actor["generation"].as_u64() > Some(before)
                    && actor["last_exit"]["cause"] == "panicked"
            })
            .await;
        let exit = &back["last_exit"];
        assert_eq!(exit["message"], format!("fault injected into {name}"), "{back}");
        assert!(exit["at"].as_str().unwrap().starts_with("src/actors/"), "{exit}");
    }
    node.until_ready().await;
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{answer}");
    let metrics = node.text("/metrics").await;
    assert!(metrics.contains("flts_actor_restarts_total{actor=\"trainer\",cause=\"panicked\"} 1"), "{metrics}");
}

#[tokio::test]
async fn every_thread_that_panics_is_replaced_and_the_next_request_is_served() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("INFERENCE_WORKERS", "2")], Some(&data));
    node.until_ready().await;
    for worker in 0..2 {
        let (status, said) =
            node.post(&format!("/debug/faults/inference-worker-{worker}"), &json!({"fault": "panic"})).await;
        assert_eq!(status, 200, "{said}");
        let pool = node
            .until("/debug/actors/inference-pool", |_, pool| pool["state"]["threads"][worker]["generation"] == 2)
            .await;
        let exit = &pool["state"]["threads"][worker]["last_exit"];
        assert_eq!(exit["cause"], "panicked", "{pool}");
        assert!(exit["at"].as_str().unwrap().starts_with("src/actors/worker.rs:"), "{exit}");
        assert_eq!(pool["generation"], 1, "the pool itself goes on");
        assert_eq!(node.post("/predict", &data.request(30)).await.0, 200);
    }
}

#[tokio::test]
async fn scaling_the_pool_loses_no_request() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("INFERENCE_WORKERS", "4")], Some(&data));
    node.until_ready().await;
    let body = data.request(30);
    let requests = futures::future::join_all((0..200).map(|_| node.post("/predict", &body)));
    let scaling = async {
        for workers in [1, 6, 2, 8, 1] {
            let (status, said) = node.post("/scale_workers", &json!({"workers": workers})).await;
            assert_eq!((status, said["new_workers"].as_u64()), (200, Some(workers)), "{said}");
        }
    };
    let (answers, ()) = tokio::join!(requests, scaling);
    assert!(answers.iter().all(|(status, _)| *status == 200));
    let pool = node.actor("inference-pool").await;
    assert_eq!(pool["state"]["workers"], 1);
    for wrong in [0, -1, 65] {
        let (status, said) = node.post("/scale_workers", &json!({"workers": wrong})).await;
        assert_eq!(status, 400, "{said}");
    }
}
