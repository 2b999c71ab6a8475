//! No peer can hold the node: slow, oversized and many connections meet a limit with a clear answer.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::common::raw::{answer, ask, connect, rest};
use crate::common::serving_node as node;

const GET: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn post(headers: &str, body: &str) -> String {
    format!("POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn a_half_sent_header_is_told_so_and_closed() {
    let (_home, node) = node(&[("HTTP_HEADER_TIMEOUT_MS", "200")]);
    let mut stream = connect(&node.base).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: local").await.unwrap();
    let slow = answer(&mut stream).await;
    assert_eq!((slow.status, slow.json()["code"].as_str()), (408, Some("request_timeout")));
    assert_eq!(
        (slow.header("connection"), slow.json()["req_id"].as_str()),
        (Some("close"), slow.header("x-request-id"))
    );
    assert!(slow.header("x-request-id").is_some_and(|id| id.len() == 8));
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_header_that_comes_byte_by_byte_does_not_buy_time() {
    let (_home, node) = node(&[("HTTP_HEADER_TIMEOUT_MS", "300")]);
    let mut stream = connect(&node.base).await;
    let (mut reading, mut writing) = stream.split();
    let drip = async {
        for byte in GET.as_bytes().iter().cycle() {
            if writing.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        slow = answer(&mut reading) => assert_eq!(slow.status, 408),
        () = drip => panic!("closed without an answer"),
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_without_a_word() {
    let (_home, node) = node(&[("HTTP_KEEP_ALIVE_MS", "200")]);
    let mut silent = connect(&node.base).await;
    assert_eq!(rest(&mut silent).await, "");
    let mut served = connect(&node.base).await;
    served.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut served).await.status, 200);
    assert_eq!(rest(&mut served).await, "", "idle after its answer");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_headers() {
    let (_home, node) = node(&[("HTTP_HEADER_TIMEOUT_MS", "100"), ("HTTP_KEEP_ALIVE_MS", "60000")]);
    let mut stream = connect(&node.base).await;
    for _ in 0..2 {
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.status, 200);
        // the time itself is what is tested
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

#[tokio::test]
async fn a_half_sent_body_is_told_so_and_closed() {
    let (_home, node) = node(&[("HTTP_BODY_TIMEOUT_MS", "200")]);
    let mut stream = connect(&node.base).await;
    stream.write_all(post("content-length: 100\r\n", "{\"data\":").as_bytes()).await.unwrap();
    let slow = answer(&mut stream).await;
    assert_eq!((slow.status, slow.json()["code"].as_str()), (408, Some("request_timeout")));
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn large_headers_and_large_bodies_are_refused() {
    let (_home, node) = node(&[("HTTP_MAX_HEADER_BYTES", "2048"), ("MAX_BODY_BYTES", "1024")]);
    let long = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n\r\n", "a".repeat(4000));
    let refused = ask(&node.base, &long).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (431, Some("headers_too_large")));

    let announced = ask(&node.base, &post("content-length: 100000000\r\n", "{")).await;
    assert_eq!((announced.status, announced.json()["code"].as_str()), (413, Some("body_too_large")));
    assert_eq!(announced.header("connection"), Some("close"), "the rest of the body is not read");
    let piece = format!("400\r\n{}\r\n", " ".repeat(1024));
    let chunked = ask(&node.base, &post("transfer-encoding: chunked\r\n", &piece.repeat(2))).await;
    assert_eq!((chunked.status, chunked.json()["code"].as_str()), (413, Some("body_too_large")));
    let sent = ask(&node.base, &post(&format!("content-length: {}\r\n", 8 << 20), &" ".repeat(8 << 20))).await;
    assert_eq!(sent.status, 413, "the answer is not lost in a reset");
    assert_eq!(ask(&node.base, GET).await.status, 200);
}

#[tokio::test]
async fn a_peer_that_takes_no_answer_is_cut_off() {
    const REQUESTS: usize = 400;
    let (_home, node) = node(&[("HTTP_BODY_TIMEOUT_MS", "300"), ("HTTP_HEADER_TIMEOUT_MS", "400")]);
    let mut stream = connect(&node.base).await;
    let request = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.repeat(REQUESTS).as_bytes()).await.unwrap();
    // the time itself is what is tested
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let taken = rest(&mut stream).await;
    assert!(taken.matches("HTTP/1.1 200").count() < REQUESTS, "all of them were answered");
    assert_eq!(ask(&node.base, GET).await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_is_a_400_with_the_body_of_every_error() {
    let (_home, node) = node(&[]);
    let endless = "9".repeat(40);
    for nonsense in [
        "GET / nonsense\r\n\r\n".to_owned(),
        "\u{1}\u{2}\u{3}\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost localhost\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        post("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\nGET /"),
        post("content-length: 5\r\ncontent-length: 6\r\n", "{}"),
        post("content-length: -1\r\n", "{}"),
        post(&format!("content-length: {endless}\r\n"), "{}"),
        post("transfer-encoding: gzip\r\n", "{}"),
        post("transfer-encoding: chunked\r\n", "what is no length\r\n"),
    ] {
        let answered = ask(&node.base, &nonsense).await;
        let said = answered.json();
        assert_eq!((answered.status, said["code"].as_str()), (400, Some("bad_request")), "{nonsense:?}: {answered:?}");
        assert!(said["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{nonsense:?}");
        assert_eq!(
            (answered.header("connection"), said["req_id"].as_str()),
            (Some("close"), answered.header("x-request-id"))
        );
    }
    // the largest length that fits into 64 bits is a length still
    let announced = ask(&node.base, &post("content-length: 18446744073709551600\r\n", "{}")).await;
    assert_eq!((announced.status, announced.json()["code"].as_str()), (413, Some("body_too_large")));
}

#[tokio::test]
async fn requests_in_one_packet_are_answered_in_order() {
    let (_home, node) = node(&[]);
    let mut stream = connect(&node.base).await;
    let request = |id: &str| format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-request-id: {id}\r\n\r\n");
    stream.write_all((request("one") + &request("two") + &request("three")).as_bytes()).await.unwrap();
    for id in ["one", "two", "three"] {
        assert_eq!(answer(&mut stream).await.header("x-request-id"), Some(id));
    }
}

#[tokio::test]
async fn a_stopping_node_says_close_and_never_503_to_open_connections() {
    let (_home, node) = node(&[("DRAIN_NOTICE_MS", "3000")]);
    let mut stream = connect(&node.base).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.header("connection"), None);
    let idle = connect(&node.base).await;
    nix::sys::signal::kill(node.pid(), nix::sys::signal::Signal::SIGTERM).unwrap();
    // without a model it was not ready before
    node.until("/readyz", |_, said| said.to_string().contains("draining")).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let last = answer(&mut stream).await;
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(rest(&mut stream).await, "");
    let base = node.base.clone();
    assert_eq!(node.wait().code(), Some(0));
    drop(idle);
    assert!(tokio::net::TcpStream::connect(base.split("://").nth(1).unwrap()).await.is_err());
}
