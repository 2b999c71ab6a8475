//! Silent and busy connections never take the probes away: the reserve answers them, and who waits longest makes room.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::raw::{answer, ask, connect, rest};
use crate::common::serving_node as node;

const SOON: Duration = Duration::from_secs(5);
const HALF_SENT: &str = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// A connection on which the node waits for the rest of a body.
async fn busy(base: &str) -> TcpStream {
    let mut stream = connect(base).await;
    stream.write_all(HALF_SENT.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.status, 100, "the node has read the headers");
    stream
}

#[tokio::test]
async fn silent_connections_beyond_the_limit_close_and_the_probes_are_answered() {
    let (_home, node) = node(&[("HTTP_MAX_CONNECTIONS", "8")]);
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(connect(&node.base).await);
    }
    for path in ["/healthz", "/metrics", "/debug/actors", "/queue_stats"] {
        let answered = timeout(SOON, ask(&node.base, &get(path))).await.expect("an answer soon");
        assert_eq!((answered.status, answered.header("connection")), (200, None), "{path}");
    }
    let first = timeout(SOON, rest(&mut silent[0])).await.expect("who waited longest is closed");
    assert_eq!(first, "");
}

#[tokio::test]
async fn a_connection_that_is_at_work_is_not_closed_for_a_new_one() {
    let (_home, node) = node(&[("HTTP_MAX_CONNECTIONS", "2")]);
    let mut at_work = busy(&node.base).await;
    let mut idle = connect(&node.base).await;
    idle.write_all(get("/healthz").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut idle).await.status, 200);
    let mut third = connect(&node.base).await;
    third.write_all(get("/queue_stats").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut third).await.status, 200);
    assert_eq!(rest(&mut idle).await, "", "the idle one made room");
    at_work.write_all("x".repeat(100).as_bytes()).await.unwrap();
    assert_eq!(answer(&mut at_work).await.status, 400, "the request in hand is answered");
}

#[tokio::test]
async fn where_all_connections_are_at_work_probes_and_metrics_are_answered_and_others_told_so() {
    let (_home, node) = node(&[("HTTP_MAX_CONNECTIONS", "4")]);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(busy(&node.base).await);
    }
    let full = timeout(SOON, ask(&node.base, &get("/queue_stats"))).await.expect("an answer soon");
    assert_eq!((full.status, full.json()["code"].as_str()), (503, Some("connections_full")));
    assert_eq!((full.header("retry-after"), full.header("connection")), (Some("1"), Some("close")));
    for path in ["/healthz", "/livez", "/metrics", "/debug/actors", "/debug/config"] {
        let answered = timeout(SOON, ask(&node.base, &get(path))).await.expect("an answer soon");
        assert_eq!((answered.status, answered.header("connection")), (200, Some("close")), "{path}");
    }
    held.clear();
    node.until("/queue_stats", |status, _| status == 200).await;
}

#[tokio::test]
async fn the_time_for_the_first_headers_begins_with_the_connection() {
    let (_home, node) = node(&[("HTTP_HEADER_TIMEOUT_MS", "200"), ("HTTP_KEEP_ALIVE_MS", "600000")]);
    let mut silent = connect(&node.base).await;
    assert_eq!(timeout(SOON, rest(&mut silent)).await.expect("it is closed soon"), "");
}

#[tokio::test]
async fn a_probe_that_is_slow_to_ask_keeps_its_place_while_the_reserve_has_others() {
    let (_home, node) = node(&[("HTTP_MAX_CONNECTIONS", "2")]);
    let _at_work = [busy(&node.base).await, busy(&node.base).await];
    let mut probe = connect(&node.base).await;
    let mut later = Vec::new();
    for _ in 0..8 {
        let mut silent = connect(&node.base).await;
        // it is accepted after the probe, and stays
        silent.write_all(b"G").await.unwrap();
        later.push(silent);
        assert_eq!(ask(&node.base, &get("/livez")).await.status, 200);
    }
    probe.write_all(get("/healthz").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut probe).await.status, 200);
}

#[tokio::test]
async fn a_request_is_answered_where_a_connection_without_one_can_make_room() {
    let (_home, node) = node(&[("HTTP_MAX_CONNECTIONS", "2")]);
    let mut first = [busy(&node.base).await, busy(&node.base).await];
    let mut third = connect(&node.base).await;
    assert_eq!(ask(&node.base, &get("/livez")).await.status, 200, "the third one has its place");
    for stream in &mut first {
        stream.write_all("x".repeat(100).as_bytes()).await.unwrap();
        assert_eq!(answer(stream).await.status, 400);
    }
    third.write_all(get("/queue_stats").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut third).await.status, 200, "nobody is at work");
}
