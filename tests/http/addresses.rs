//! HTTP_ADDR takes names, and a port alone for both stacks.

use crate::common::raw::ask;
use crate::common::{Node, serving_node};

fn port(node: &Node) -> &str {
    node.base.rsplit(':').next().unwrap()
}

async fn is_alive(address: String) -> bool {
    ask(&format!("http://{address}"), "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.status == 200
}

#[tokio::test]
async fn localhost_is_this_machine_alone() {
    let (_home, node) = serving_node(&[("HTTP_ADDR", "localhost:0")]);
    node.until_running("inference-pool").await;
    assert!(node.base.starts_with("http://127.0.0.1:"), "{}", node.base);
    let (status, answer) = node.post("/scale_workers", &serde_json::json!({"workers": 1})).await;
    assert_eq!(status, 200, "it is a loopback listener: {answer}");
}

#[tokio::test]
async fn a_port_alone_is_every_address_of_both_stacks() {
    let (_home, node) = serving_node(&[("HTTP_ADDR", ":0")]);
    assert!(is_alive(format!("127.0.0.1:{}", port(&node))).await);
    if node.base.contains("[::]") {
        assert!(is_alive(format!("[::1]:{}", port(&node))).await);
    }
    let url = format!("http://127.0.0.1:{}/scale_workers", port(&node));
    let changed = node.http.post(url).json(&serde_json::json!({"workers": 1})).send().await.unwrap();
    assert_eq!(changed.status(), 403, "others reach it, and no token is set");
}
