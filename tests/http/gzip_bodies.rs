//! A compressed body is read, bounded by what it becomes; other encodings are told what is understood.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::common::{Data, Node, serving_node};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn post(node: &Node, path: &str, encoding: &str, body: Vec<u8>) -> (u16, Value) {
    let request = node.http.post(format!("{}{path}", node.base)).header("content-type", "application/json");
    let response = request.header("content-encoding", encoding).body(body).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn rows_may_be_compressed() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let plain = data.request(30).to_string();
    let (_, expected) = node.post("/predict", &data.request(30)).await;
    for encoding in ["gzip", "GZIP", "x-gzip"] {
        let (status, answer) = post(&node, "/predict", encoding, gzip(plain.as_bytes())).await;
        assert_eq!(status, 200, "{encoding}: {answer}");
        assert_eq!(answer["predictions"][0]["ts"], expected["predictions"][0]["ts"]);
    }
    assert_eq!(post(&node, "/predict", "identity", plain.into()).await.0, 200);
}

#[tokio::test]
async fn what_is_not_understood_is_told_what_is() {
    let (_home, node) = serving_node(&[]);
    node.until_running("inference-pool").await;
    let scale = json!({"workers": 1}).to_string();
    assert_eq!(post(&node, "/scale_workers", "gzip", gzip(scale.as_bytes())).await.0, 200);
    for encoding in ["br", "deflate", "gzip, gzip", "zstd"] {
        let (status, answer) = post(&node, "/scale_workers", encoding, scale.clone().into()).await;
        assert_eq!((status, answer["code"].as_str()), (415, Some("unsupported_media_type")), "{encoding}");
        assert!(answer["detail"].as_str().unwrap().contains("content-encoding: gzip"), "{answer}");
    }
    let mut cut = gzip(scale.as_bytes());
    cut.truncate(12);
    for damaged in [scale.into_bytes(), cut] {
        let (status, answer) = post(&node, "/scale_workers", "gzip", damaged).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("bad_request")), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_becomes_too_large_is_refused_before_it_is_there() {
    let (_home, node) = serving_node(&[]);
    let bomb = gzip(&vec![b' '; 256 << 20]);
    assert!(bomb.len() < 1 << 20);
    let before = node.peak_memory_bytes();
    let (status, answer) = post(&node, "/predict", "gzip", bomb).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("body_too_large")), "{answer}");
    assert!(node.peak_memory_bytes() < before + (64 << 20), "it was decoded as a whole");
}
