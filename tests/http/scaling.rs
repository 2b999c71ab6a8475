//! `POST /scale_workers` grows and shrinks the pool without losing one queued or running job.

use serde_json::json;

use crate::common::{Data, Node};

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
