//! Who may read: with READ_TOKEN its bearer; without it on a loopback listener no foreign host, and no page of another machine.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::common::{Node, serving_node};

const READING: [&str; 7] = [
    "/metrics",
    "/prometheus",
    "/debug/config",
    "/debug/actors",
    "/queue_stats",
    "/openapi.json",
    "/promotion/history",
];
const PROBES: [&str; 4] = ["/healthz", "/livez", "/readyz", "/ready"];

async fn status(node: &Node, path: &str, headers: &[(&'static str, &'static str)]) -> u16 {
    let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    // `headers` replaces `host`, where `header` would add a second one
    let request = node.http.get(format!("{}{path}", node.base)).headers(HeaderMap::from_iter(headers));
    request.send().await.unwrap().status().as_u16()
}

fn is_refusal(status: u16) -> bool {
    status == 401 || status == 403
}

#[tokio::test]
async fn a_read_token_closes_all_reading_but_the_probes() {
    let (_home, node) = serving_node(&[("READ_TOKEN", "look"), ("ADMIN_TOKEN", "change")]);
    for path in READING {
        assert_eq!(status(&node, path, &[]).await, 401, "{path}");
        assert_eq!(status(&node, path, &[("authorization", "Bearer other")]).await, 403, "{path}");
        for token in ["Bearer look", "Bearer change"] {
            assert!(
                !is_refusal(status(&node, path, &[("authorization", token), ("host", "flts.example.com")]).await),
                "{path}"
            );
        }
    }
    for path in PROBES {
        assert!(!is_refusal(status(&node, path, &[("host", "flts.example.com")]).await), "{path}");
    }
    let change = node.http.post(format!("{}/scale_workers", node.base)).json(&serde_json::json!({"workers": 1}));
    assert_eq!(change.bearer_auth("look").send().await.unwrap().status(), 403, "reading is not changing");
    let shown = node.http.get(format!("{}/debug/config", node.base)).bearer_auth("look").send().await.unwrap();
    assert!(!shown.text().await.unwrap().contains("\"look\""));
}

#[tokio::test]
async fn a_name_that_was_made_to_point_to_this_machine_reads_nothing() {
    let (_home, node) = serving_node(&[]);
    for host in ["evil.com", "[::1].evil.com", "127.0.0.1:80@evil.com", "localhost.evil.com:8000"] {
        for path in READING {
            assert_eq!(status(&node, path, &[("host", host)]).await, 403, "{path} for {host}");
        }
        let change = node.http.post(format!("{}/scale_workers", node.base)).json(&serde_json::json!({"workers": 1}));
        let host = HeaderMap::from_iter([(HeaderName::from_static("host"), HeaderValue::from_static(host))]);
        assert_eq!(change.headers(host).send().await.unwrap().status(), 403);
    }
    for path in PROBES {
        assert!(!is_refusal(status(&node, path, &[("host", "evil.com")]).await), "{path}");
    }
    for path in READING {
        assert!(!is_refusal(status(&node, path, &[("host", "localhost:1")]).await), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_machine_is_answered_nothing() {
    let (_home, node) = serving_node(&[]);
    for origin in ["http://evil.com", "null", "http://localhost.evil.com", "https://[::1].evil.com"] {
        for path in READING {
            assert_eq!(status(&node, path, &[("origin", origin)]).await, 403, "{path} for {origin}");
        }
        for path in ["/predict", "/scale_workers"] {
            let call = node.http.post(format!("{}{path}", node.base)).json(&serde_json::json!({"workers": 1}));
            assert_eq!(call.header("origin", origin).send().await.unwrap().status(), 403, "{path} for {origin}");
        }
    }
    assert_eq!(status(&node, "/metrics", &[("origin", "http://localhost:3000")]).await, 200);
}

#[tokio::test]
async fn a_listener_for_others_is_read_under_any_name() {
    let (_home, node) = serving_node(&[("HTTP_ADDR", "0.0.0.0:0")]);
    for path in READING {
        assert!(!is_refusal(status(&node, path, &[("host", "flts.example.com")]).await), "{path}");
    }
}

#[tokio::test]
async fn a_host_that_is_allowed_reads_and_forecasts_and_changes_nothing() {
    let (_home, node) = serving_node(&[("HTTP_ALLOWED_HOSTS", "flts.example.com,10.0.0.7")]);
    for host in ["flts.example.com", "FLTS.example.com:443", "10.0.0.7"] {
        for path in READING {
            assert!(!is_refusal(status(&node, path, &[("host", host)]).await), "{path} for {host}");
        }
    }
    let own_page = [("host", "flts.example.com"), ("origin", "https://flts.example.com")];
    assert_eq!(status(&node, "/metrics", &own_page).await, 200);
    let post = async |path: &str| {
        let call = node.http.post(format!("{}{path}", node.base)).json(&serde_json::json!({"workers": 1}));
        let headers = own_page.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        call.headers(HeaderMap::from_iter(headers)).send().await.unwrap().status().as_u16()
    };
    assert!(!is_refusal(post("/predict").await));
    assert_eq!(post("/scale_workers").await, 403, "a proxy passes the name on for everybody");
    for host in ["example.com", "flts.example.com.evil.com", "10.0.0.8"] {
        assert_eq!(status(&node, "/metrics", &[("host", host)]).await, 403, "{host}");
    }
}

#[tokio::test]
async fn a_loopback_listener_of_ipv4_in_ipv6_is_one() {
    let (_home, node) = serving_node(&[("HTTP_ADDR", "[::ffff:127.0.0.1]:0")]);
    assert_eq!(status(&node, "/metrics", &[("host", "evil.com")]).await, 403);
    let address = node.base.strip_prefix("http://").unwrap().to_owned();
    assert!(address.starts_with("[::ffff:127.0.0.1]:"), "{address}");
    let changed = node.http.post(format!("{}/scale_workers", node.base)).json(&serde_json::json!({"workers": 1}));
    assert!(!is_refusal(changed.send().await.unwrap().status().as_u16()), "its own name is a loopback one");
}
