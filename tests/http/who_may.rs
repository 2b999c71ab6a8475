//! Reading is open; changing needs the token, or with no token set a program on this machine.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::common::{Node, serving_node as node};

/// Every changing route, and a body that it would take.
const CHANGING: [(&str, &str, &str); 9] = [
    ("POST", "/scale_workers", r#"{"workers": 1}"#),
    ("POST", "/reload_latest", ""),
    ("POST", "/publish_inference_claims", r#"{"count": 1}"#),
    ("POST", "/promotion/rollback", r#"{"why": "a test"}"#),
    ("POST", "/promotion/default/rollback", r#"{"why": "a test"}"#),
    ("PUT", "/debug/log-level", r#"{"level": "info"}"#),
    ("POST", "/debug/faults/nobody", r#"{"fault": "panic"}"#),
    ("POST", "/upload/dataset/a.csv", "a,b"),
    ("GET", "/download/dataset/a.csv", ""),
];

fn change(node: &Node, (method, path, body): (&str, &str, &'static str)) -> RequestBuilder {
    let url = format!("{}{path}", node.base);
    let headers = reqwest::header::HeaderMap::from_iter([(
        reqwest::header::CONTENT_TYPE,
        reqwest::header::HeaderValue::from_static("application/json"),
    )]);
    node.http.request(method.parse().unwrap(), url).headers(headers).body(body)
}

/// As `change`, with one header put in the place of its own.
fn change_with(
    node: &Node,
    call: (&str, &str, &'static str),
    name: &'static str,
    value: &'static str,
) -> RequestBuilder {
    let headers = reqwest::header::HeaderMap::from_iter([(
        reqwest::header::HeaderName::from_static(name),
        reqwest::header::HeaderValue::from_static(value),
    )]);
    // `headers` replaces, where `header` would add a second one
    change(node, call).headers(headers)
}

async fn said(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

fn is_refusal(status: u16) -> bool {
    status == 401 || status == 403
}

#[tokio::test]
async fn the_token_is_asked_of_every_changing_call_and_of_no_other() {
    let (_home, node) = node(&[("ADMIN_TOKEN", "open-sesame")]);
    node.until_running("promotion-watcher").await;
    for call in CHANGING {
        let response = change(&node, call).send().await.unwrap();
        assert_eq!(response.status(), 401, "{call:?}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        for wrong in ["open-sesam", "open-sesame2", "OPEN-SESAME"] {
            let refused = said(change(&node, call).bearer_auth(wrong)).await;
            assert_eq!(refused, (403, "forbidden".into()), "{call:?} with {wrong:?}");
        }
        for other in ["Basic b3Blbg==", "Bearer", "open-sesame"] {
            assert_eq!(said(change(&node, call).header("authorization", other)).await.0, 401, "{call:?} with {other}");
        }
        let (status, code) = said(change(&node, call).bearer_auth("open-sesame")).await;
        assert!(!is_refusal(status), "{call:?}: {status} {code}");
    }
    let lower = change(&node, CHANGING[0]).header("authorization", "bearer open-sesame");
    assert_eq!(said(lower).await.0, 200, "the scheme is read in any case");
    for open in ["/healthz", "/metrics", "/debug/actors", "/debug/config", "/openapi.json"] {
        assert_eq!(node.get(open).await.0, 200, "{open}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_string_counts_for_nothing() {
    let (_home, node) = node(&[("ADMIN_TOKEN", "open-sesame")]);
    for query in ["token=open-sesame", "access_token=open-sesame", "ADMIN_TOKEN=open-sesame"] {
        let url = format!("{}/scale_workers?{query}", node.base);
        assert_eq!(said(node.http.post(url).json(&json!({"workers": 1}))).await.0, 401, "{query}");
    }
}

#[tokio::test]
async fn with_the_token_it_does_not_matter_where_the_caller_is() {
    let (_home, node) = node(&[("ADMIN_TOKEN", "open-sesame"), ("HTTP_ADDR", "0.0.0.0:0")]);
    node.until_running("inference-pool").await;
    let proxied = change(&node, CHANGING[0]).header("x-forwarded-for", "10.0.0.1").header("host", "flts.example.com");
    assert_eq!(said(proxied.bearer_auth("open-sesame")).await.0, 200);
}

#[tokio::test]
async fn without_a_token_only_programs_on_this_machine_may_change_things() {
    let (_home, node) = node(&[]);
    node.until_running("promotion-watcher").await;
    for call in CHANGING {
        let (status, code) = said(change(&node, call)).await;
        assert!(!is_refusal(status), "{call:?}: {status} {code}");
        for (name, value) in [
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=10.0.0.1"),
            ("via", "1.1 proxy"),
            ("host", "flts.example.com"),
            ("host", "127.0.0.1.example.com"),
            ("content-type", "text/plain"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-type", "multipart/form-data; boundary=x"),
        ] {
            let refused = said(change_with(&node, call, name, value)).await;
            assert_eq!(refused, (403, "forbidden".into()), "{call:?} with {name}: {value}");
        }
    }
    for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "127.8.8.8"] {
        assert_eq!(said(change_with(&node, CHANGING[0], "host", host)).await.0, 200, "{host}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_changes_a_node_that_others_can_reach() {
    let (_home, node) = node(&[("HTTP_ADDR", "0.0.0.0:0")]);
    node.await_line("admin_token_missing");
    for call in CHANGING {
        assert_eq!(said(change(&node, call)).await, (403, "forbidden".into()), "{call:?}");
    }
    assert_eq!(node.get("/healthz").await.0, 200);
}
