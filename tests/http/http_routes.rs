//! Every route says what it is: methods, unknown paths, request ids, metrics, and the operator's routes.

use serde_json::{Value, json};

use crate::common::raw::{self, ask};
use crate::common::{Data, Node, serving_node};

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: mine\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_and_head_and_options_work_everywhere() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    for method in ["GET", "DELETE", "TRACE", "PATCH", "BREW"] {
        let answer = ask(&node.base, &request(method, "/predict")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("post, options")), "{method}");
        assert_eq!(answer.json()["code"], "method_not_allowed");
        assert_eq!(answer.json()["req_id"], "mine");
    }
    let options = ask(&node.base, &request("OPTIONS", "/debug/actors/evaluator")).await;
    assert_eq!((options.status, options.header("allow"), options.body.as_str()), (204, Some("get, head, options"), ""));
    let mut head = raw::connect(&node.base).await;
    tokio::io::AsyncWriteExt::write_all(&mut head, request("HEAD", "/healthz").as_bytes()).await.unwrap();
    let seen = raw::rest(&mut head).await;
    assert!(
        seen.starts_with("HTTP/1.1 200") && seen.contains("content-length: 15") && seen.ends_with("\r\n\r\n"),
        "{seen}"
    );
}

#[tokio::test]
async fn an_unknown_path_is_a_404_with_the_callers_id() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    for path in ["/nowhere", "/predict/", "/", "/debug/actors/a/b", "/promotion/%FF"] {
        let answer = ask(&node.base, &request("GET", path)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not_found")), "{path}");
        assert_eq!((answer.header("x-request-id"), answer.json()["req_id"].as_str()), (Some("mine"), Some("mine")));
    }
    let answer = ask(&node.base, "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-request-id: a b\r\n\r\n").await;
    assert_eq!(answer.header("x-request-id").unwrap().len(), 8, "an id with a space is replaced");
    for path in ["/promotion/a%2Fb", "/promotion/..", "/promotion/nobody", "/promotion/history/history"] {
        let answer = ask(&node.base, &request("GET", path)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("unknown_identifier")), "{path}");
    }
}

#[tokio::test]
async fn measurements_are_there_from_the_start_and_in_both_forms() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    let early = node.text("/metrics").await;
    for series in [
        "http_requests_total{method=\"POST\",route=\"/predict\",status=\"200\"} 0",
        "http_requests_total{method=\"PUT\",route=\"/debug/log-level\",status=\"200\"} 0",
        "http_request_duration_seconds_count{route=\"/promotion/rollback\"} 0",
        "http_request_duration_seconds_count{route=\"other\"} 0",
    ] {
        assert!(early.contains(series), "{series} is not in\n{early}");
    }
    node.until_ready().await;
    assert_eq!(node.post("/predict", &data.request(30)).await.0, 200);
    assert_eq!(node.get("/promotion/nobody").await.0, 404);
    node.get("/made/up").await;
    let text = node.text("/prometheus").await;
    for series in [
        "http_requests_total{method=\"POST\",route=\"/predict\",status=\"200\"} 1",
        "http_requests_total{method=\"GET\",route=\"/promotion\",status=\"404\"} 1",
        "http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
        "inference_queue_wait_seconds_count",
    ] {
        assert!(text.contains(series), "{series} is not in\n{text}");
    }
    assert!(!text.contains("made"), "what callers invent does not become a series");
    let json =
        node.http.get(format!("{}/metrics", node.base)).header("accept", "application/json").send().await.unwrap();
    let json: Value = serde_json::from_str(&json.text().await.unwrap()).unwrap();
    let (_, pointer) = node.get("/promotion").await;
    assert_eq!((&json["model_loaded"], &json["current_run_id"]), (&json!(true), &pointer["run_id"]), "{json}");
    assert!(json["completed"].as_u64() >= Some(1), "{json}");
    for name in ["last_prep_ms", "max_exec_ms", "last_inference_duration_ms", "max_wait_ms"] {
        assert!(json[name].as_f64() > Some(0.0), "{name}: a forecast was made: {json}");
    }
    assert!(json["last_wait_ms"].as_f64() <= json["max_wait_ms"].as_f64(), "{json}");
    assert_eq!(json["served_cached"], 0, "{json}");
    let lag =
        ["event_loop_lag_last_ms", "event_loop_lag_avg_ms", "event_loop_lag_max_ms"].map(|name| json[name].as_f64());
    assert!(
        lag[0] > Some(0.0) && lag[0] <= lag[2] && lag[1] <= lag[2],
        "a training took longer than one timer: {json}"
    );
    let (_, stats) = node.get("/queue_stats").await;
    assert_eq!(
        (&stats["qsize"], &stats["maxsize"], &stats["status"]),
        (&json!(0), &json!(512), &json!("ok")),
        "{stats}"
    );
    let (_, ping) = node.get("/predict_ping").await;
    assert_eq!((&ping["model_loaded"], &ping["input_seq_len"]), (&json!(true), &json!(30)), "{ping}");
}

#[tokio::test]
async fn the_settings_are_shown_without_their_secrets() {
    let home = tempfile::tempdir().unwrap();
    let env = [("ROLES", "inference"), ("ADMIN_TOKEN", "hunter2"), ("QUEUE_MAXSIZE", "77")];
    let node = Node::start(home.path(), &env, None);
    let (status, shown) = node.get("/debug/config").await;
    assert_eq!(status, 200);
    assert!(shown.to_string().contains("77") && !shown.to_string().contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_node_without_the_role_says_so() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "trainer")], None);
    for path in ["/queue_stats", "/predict_ping"] {
        let (status, answer) = node.get(path).await;
        assert_eq!((status, answer["code"].as_str()), (404, Some("role_not_running")), "{path}");
    }
    let (status, answer) = node.post("/predict", &json!({})).await;
    assert_eq!((status, answer["code"].as_str()), (404, Some("role_not_running")));
}

#[tokio::test]
async fn what_cannot_be_broken_is_answered_with_what_can_and_the_actor_of_the_node_itself_is_among_that() {
    let (home, _first) = serving_node(&[]);
    let (_home, second) = serving_node(&[("JOIN", home.path().to_str().unwrap())]);
    second.until_running("joined-node").await;
    let (status, answer) = second.post("/debug/faults/nobody", &json!({"fault": "panic"})).await;
    assert_eq!((status, answer["code"].as_str()), (404, Some("unknown_actor")), "{answer}");
    let (about, others) = answer["detail"].as_str().unwrap().split_once("; ").unwrap();
    assert!(about.contains("`nobody`"), "{answer}");
    for name in ["joined-node", "inference-pool", "inference-worker-0", "model-loader"] {
        assert!(others.contains(name), "{answer}");
    }
    assert_eq!(second.post("/debug/faults/joined-node", &json!({"fault": "panic"})).await.0, 200);
    let back = |_, report: &Value| report["phase"] == "running" && report["generation"] == 2;
    second.until("/debug/actors/joined-node", back).await;
}

#[tokio::test]
async fn a_large_body_is_answered_like_a_small_one() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let mut body = data.request(30);
    let (_, small) = node.post("/predict", &body).await;
    body["data"]["not_looked_at"] = json!(vec![0.5; 100_000]);
    let (status, large) = node.post("/predict", &body).await;
    assert_eq!((status, &large["predictions"]), (200, &small["predictions"]), "{large}");
    body["data"]["not_looked_at"][99_999] = json!(true);
    let (status, wrong) = node.post("/predict", &body).await;
    assert_eq!((status, wrong["code"].as_str()), (422, Some("invalid_field")), "{wrong}");
}

#[tokio::test]
async fn bodies_that_no_model_can_read_are_clear_4xx() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let good = data.request(30).to_string();
    let overflow = {
        let mut body = data.request(30);
        body["data"]["down"][29] = json!(1e300);
        body.to_string()
    };
    let cases: [(&str, Vec<u8>, &str, u16); 8] = [
        ("deep nesting", "[".repeat(100_000).into_bytes(), "application/json", 400),
        (
            "a number beyond f64",
            good.replacen("\"down\":[", "\"down\":[1e999,", 1).into_bytes(),
            "application/json",
            400,
        ),
        ("invalid UTF-8", b"{\"data\": \"\xff\xfe\"}".to_vec(), "application/json", 400),
        ("a form", good.clone().into_bytes(), "application/x-www-form-urlencoded", 415),
        ("text", good.clone().into_bytes(), "text/plain", 415),
        (
            "a huge array",
            format!("{{\"data\": {{\"ts\": [{}1]}}}}", "true,".repeat(500_000)).into_bytes(),
            "application/json",
            422,
        ),
        ("a query twice", good.clone().into_bytes(), "twice", 400),
        ("a charset", good.into_bytes(), "Application/JSON; charset=utf-8", 200),
    ];
    for (what, body, kind, status) in cases {
        let (path, kind) = if kind == "twice" {
            ("/predict?inference_length=1&inference_length=2", "application/json")
        } else {
            ("/predict", kind)
        };
        let sent = node.http.post(format!("{}{path}", node.base)).header("content-type", kind).body(body).send();
        let answer = sent.await.unwrap();
        assert_eq!(answer.status(), status, "{what}: {}", answer.text().await.unwrap());
    }
    let sent =
        node.http.post(format!("{}/predict", node.base)).header("content-type", "application/json").body(overflow);
    let answer = sent.send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!(status == 422 || (status == 200 && !text.contains("null")), "{status} {text}");
}
