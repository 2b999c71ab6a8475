//! HTTP_ADDR takes names, and a port alone for both stacks.

use std::net::{IpAddr, ToSocketAddrs};

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

/// A name of this machine other than `localhost` that means loopback.
fn loopback_name() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_ascii_lowercase();
    let is_loopback = |name: &String| {
        let found = (name.as_str(), 0).to_socket_addrs().ok();
        found.is_some_and(|mut found| found.all(|address| matches!(address.ip(), IpAddr::V4(ip) if ip.is_loopback())))
    };
    [host, "ip4-localhost".into()].into_iter().find(is_loopback)
}

#[tokio::test]
async fn a_node_is_read_under_the_name_that_it_listens_on() {
    // a machine whose own name means another address has a listener for others, which is read under any name
    let Some(name) = loopback_name() else { return };
    let (_home, node) = serving_node(&[("HTTP_ADDR", &format!("{name}:0"))]);
    let request = |host: &str| format!("GET /queue_stats HTTP/1.1\r\nhost: {host}\r\n\r\n");
    assert_eq!(ask(&node.base, &request(&format!("{name}:{}", port(&node)))).await.status, 200);
    assert_eq!(ask(&node.base, &request("evil.com")).await.status, 403);
}
