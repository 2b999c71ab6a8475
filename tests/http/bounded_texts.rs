//! Nothing that was sent comes back at full length, and texts of requests are bounded where they are read.

use serde_json::json;

use crate::common::raw::ask;
use crate::common::{Node, serving_node};

const LONG: usize = 1 << 20;
const DETAIL_MAX_CHARS: usize = 2_000;

async fn refused(node: &Node, path: &str, body: &serde_json::Value) -> (u16, String) {
    let (status, answer) = node.post(path, body).await;
    let detail = answer["detail"].as_str().unwrap().to_owned();
    assert!(detail.chars().count() <= DETAIL_MAX_CHARS, "{} characters", detail.chars().count());
    (status, detail)
}

#[tokio::test]
async fn an_error_quotes_the_start_of_what_was_sent() {
    let (_home, node) = serving_node(&[]);
    let long = "x".repeat(LONG);
    let cases = [
        (json!({"data": {long.clone(): 1}}), 422),
        (json!({"data": {long.clone(): [true]}}), 422),
        (json!({"data": {"ts": []}, "identifier": long.clone()}), 404),
    ];
    for (body, status) in cases {
        let (got, detail) = refused(&node, "/predict", &body).await;
        assert!(got == status && detail.contains("xxx...") && detail.len() < 300, "{got} {detail}");
    }
    let (status, _) = refused(&node, "/scale_workers", &json!({"x".repeat(60_000): 1})).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn more_columns_than_any_model_has_are_refused() {
    let (_home, node) = serving_node(&[]);
    let columns: serde_json::Map<String, serde_json::Value> =
        (0..10_001).map(|at| (at.to_string(), json!([]))).collect();
    let (status, answer) = node.post("/predict", &json!({"data": columns})).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("body_too_large")));
    assert!(answer["detail"].as_str().unwrap().contains("limit is 10000 columns"), "{answer}");
}

#[tokio::test]
async fn the_body_of_a_call_is_small() {
    let (_home, node) = serving_node(&[]);
    let (status, answer) = node.post("/scale_workers", &json!({"workers": "x".repeat(65 << 10)})).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("body_too_large")), "{answer}");
}

#[tokio::test]
async fn a_query_has_few_and_short_parameters() {
    let (_home, node) = serving_node(&[]);
    let get = |query: String| format!("GET /promotion/history?{query} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let many: String = (0..17).map(|at| format!("p{at}=1&")).collect();
    for (query, words) in [
        (format!("limit={}", "1".repeat(300)), "256 characters"),
        (format!("{}=1", "l".repeat(300)), "256 characters"),
        (many, "16 entries"),
    ] {
        let answered = ask(&node.base, &get(query)).await;
        assert_eq!((answered.status, answered.json()["code"].as_str()), (400, Some("bad_request")));
        assert!(answered.json()["detail"].as_str().unwrap().contains(words), "{answered:?}");
    }
}
