//! What bodies take is reserved before they are read, in bytes: too many at a time are told to come again, and what dense rows
//! become stays near their own size.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::common::raw::{answer, connect};
use crate::common::{Node, serving_node as node};

const BODY_BYTES: usize = 4 << 20;

fn head(length: usize) -> String {
    format!(
        "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// A connection whose body lacks its last byte.
async fn almost_sent(node: &Node) -> TcpStream {
    almost_sent_bytes(node, b' ', BODY_BYTES).await
}

async fn almost_sent_bytes(node: &Node, byte: u8, length: usize) -> TcpStream {
    let mut stream = connect(&node.base).await;
    stream.write_all(head(length).as_bytes()).await.unwrap();
    // a connection that was answered already is reset
    let _ = stream.write_all(&vec![byte; length - 1]).await;
    stream
}

async fn until_reserved(node: &Node, bytes: usize) {
    while reserved_bytes(node).await < bytes as u64 {
        tokio::task::yield_now().await;
    }
}

async fn reserved_bytes(node: &Node) -> u64 {
    let (_, report) = node.get("/debug/actors").await;
    let shares = report["node"]["memory"].as_array().unwrap();
    shares.iter().find(|share| share["share"] == "requests").unwrap()["reserved_bytes"].as_u64().unwrap()
}

#[tokio::test]
async fn bodies_that_find_no_memory_are_told_to_come_again() {
    // 32 MiB for requests, of which large bodies take half
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "256")]);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(almost_sent(&node).await);
    }
    until_reserved(&node, 4 * BODY_BYTES).await;
    let mut full = connect(&node.base).await;
    full.write_all(head(BODY_BYTES).as_bytes()).await.unwrap();
    let said = answer(&mut full).await;
    assert_eq!((said.status, said.json()["code"].as_str()), (429, Some("too_busy")), "{said:?}");
    assert_eq!((said.header("retry-after"), said.header("connection")), (Some("1"), Some("close")));
    assert_eq!(node.get("/healthz").await.0, 200);
    assert_eq!(node.post("/predict", &serde_json::json!([])).await.0, 400, "a small body finds room");
    held.clear();
    while reserved_bytes(&node).await > 0 {
        tokio::task::yield_now().await;
    }
    let large = node.http.post(format!("{}/predict", node.base)).body(vec![b' '; BODY_BYTES]).send().await.unwrap();
    assert_eq!(large.status(), 400, "there is room again");
}

#[tokio::test]
async fn an_announced_body_that_never_comes_takes_no_room() {
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "256")]);
    let mut liars = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&node.base).await;
        stream.write_all((head(BODY_BYTES) + "{").as_bytes()).await.unwrap();
        liars.push(stream);
    }
    let sent = node.http.post(format!("{}/predict", node.base)).body(vec![b' '; 1 << 20]).send().await.unwrap();
    assert_eq!(sent.status(), 400, "a body that does come is read");
}

#[tokio::test]
async fn fifty_bodies_of_zeros_stay_within_the_memory_of_requests() {
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "512")]);
    node.until_running("inference-pool").await;
    let zeros = "0,".repeat((BODY_BYTES - 64) / 2);
    let body = format!(r#"{{"data":{{"ts":[{}0]}}}}"#, zeros);
    let before = node.peak_memory_bytes();
    let send = || async {
        let url = format!("{}/predict", node.base);
        let response = node.http.post(url).body(body.clone()).send().await.ok()?;
        let status = response.status();
        let answer: Value = serde_json::from_str(&response.text().await.ok()?).ok()?;
        Some((status, answer["code"].as_str().unwrap_or_default().to_owned()))
    };
    let answers = join_all((0..50).map(|_| send())).await;
    let peak = node.peak_memory_bytes();
    let count = |wanted: (StatusCode, &str)| {
        answers.iter().flatten().filter(|(status, code)| (*status, code.as_str()) == wanted).count()
    };
    let (no_model, busy) = (
        count((StatusCode::SERVICE_UNAVAILABLE, "model_not_loaded")),
        count((StatusCode::TOO_MANY_REQUESTS, "too_busy")),
    );
    println!("{no_model} read, {busy} refused, {} MiB more", (peak - before) >> 20);
    assert!(no_model > 0 && no_model + busy >= answers.iter().flatten().count(), "{answers:?}");
    assert!(peak < before + (160 << 20), "{} MiB more", (peak - before) >> 20);
    assert_eq!(node.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_request_that_can_never_have_enough_memory_is_told_so_and_not_to_come_again() {
    // 32 MiB for requests: the columns of these commas would fit, but not beside the body
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "256")]);
    let url = format!("{}/predict", node.base);
    let response = node.http.post(url).body(vec![b','; 1950 << 10]).send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{text}");
    assert!(text.contains("MEMORY_BUDGET_MB"), "{text}");
}

#[tokio::test]
async fn a_wait_for_memory_ends_with_the_deadline_of_the_request() {
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "256")]);
    let _held = [almost_sent(&node).await, almost_sent(&node).await, almost_sent(&node).await];
    until_reserved(&node, 3 * BODY_BYTES).await;
    let begun = Instant::now();
    let waiting = node.http.post(format!("{}/predict", node.base)).header("x-timeout-ms", "50");
    let status = waiting.body(vec![b','; 1330 << 10]).send().await.unwrap().status();
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_waits_for_memory_keeps_no_core_from_others() {
    let (_home, node) = node(&[("MEMORY_BUDGET_MB", "256"), ("MAX_BODY_BYTES", "16777216")]);
    let _held = almost_sent(&node).await;
    let waiters = std::thread::available_parallelism().unwrap().get().min(8);
    // what each is parsed into takes 21 MiB of the 32 of all requests, beside 14 that are held
    let (length, held) = (1330 << 10, (8 - waiters) * (1330 << 10));
    let _more = almost_sent_bytes(&node, b' ', held.max(1 << 16)).await;
    let mut waiting = Vec::new();
    for _ in 0..waiters {
        waiting.push(almost_sent_bytes(&node, b',', length).await);
    }
    until_reserved(&node, BODY_BYTES + held + waiters * length).await;
    for stream in &mut waiting {
        stream.write_all(b",").await.unwrap();
    }
    let begun = Instant::now();
    for _ in 0..20 {
        let url = format!("{}/predict", node.base);
        assert_eq!(node.http.post(url).body(vec![b' '; 100 << 10]).send().await.unwrap().status(), 400);
    }
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}
