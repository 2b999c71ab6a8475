//! What a node tells a person on stdout, here through a pipe: plain Markdown and ASCII.

use std::fs;

use crate::common::{Data, Node};

#[tokio::test]
async fn a_promotion_shows_the_scores_against_persistence_and_a_chart_of_the_forecast() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    let head = node.await_line("| against persistence |");
    assert!(head.starts_with("| model "), "{head}");
    let persistence = node.await_line("the bar that others must beat");
    assert!(persistence.contains("the bar "), "{persistence}");
    node.await_line("serving ");
    let legend = node.await_line("** measured");
    assert!(legend.starts_with("down ") && legend.contains("oo forecast"), "{legend}");
    // the synthetic data ends at midnight
    node.await_line("forecast from 2024-01-19 00:00");
    node.await_line("| 2024-01-19T00:00:00 |");
    node.await_line("curl -s http://127.0.0.1:");
    // what the line above posts is a request that is answered
    let body = serde_json::from_slice(&fs::read(home.path().join("request.json")).unwrap()).unwrap();
    let (status, answer) = node.post("/predict", &body).await;
    assert_eq!((status, answer["predictions"][0]["ts"].as_str()), (200, Some("2024-01-19T00:00:00")), "{answer}");
}

#[tokio::test]
async fn data_that_cannot_be_used_is_told_line_by_line() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let text = fs::read_to_string(&data.train).unwrap();
    let broken = |(number, line): (usize, &str)| match number {
        6 => line.replacen("2024", "yesterday 2024", 1),
        8 => line.replacen(',', ",lots,", 1),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().enumerate().map(broken).collect();
    fs::write(&data.train, lines.join("\n")).unwrap();
    let node = Node::start(home.path(), &[], Some(&data));
    node.await_line("the data cannot be used: ");
    let second = node.await_line("  rows have more or fewer cells than the header");
    assert!(second.starts_with("  rows") && second.contains("(line 9: "), "each kind has a line of its own: {second}");
    node.await_line("mend the file and start again with it");
    let (code, told) = node.end();
    assert_eq!(code, Some(1), "{told}");
    let mistake = told.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(mistake.contains("the files of --data and --test cannot be used") && mistake.contains("line 9"), "{told}");
}

#[tokio::test]
async fn data_that_becomes_bad_later_ends_nothing() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let mut node = Node::start(home.path(), &[("ROLES", "preprocess")], Some(&data));
    node.await_line("rows to learn from");
    let store = crate::common::store_of(home.path());
    let name = node.actor("preprocessor").await["state"]["train_file"].as_str().unwrap().to_owned();
    store.put("dataset", &name, "no data\n".into(), flts::storage::Condition::Always).await.unwrap();
    node.await_line("the data cannot be used: ");
    assert_eq!(node.get("/healthz").await.0, 200);
    assert!(node.ended().is_none());
}

#[tokio::test]
async fn bad_files_do_not_end_a_node_that_has_a_model_to_serve() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let first = Node::start(home.path(), &[("MODEL_TYPE", "GRU")], Some(&data));
    first.until_ready().await;
    assert_eq!(first.stop().code(), Some(0));
    let text = fs::read_to_string(&data.train).unwrap();
    let broken = |(number, line): (usize, &str)| line.replacen("2024", "yesterday 2024", usize::from(number == 6));
    fs::write(&data.train, text.lines().enumerate().map(broken).collect::<Vec<_>>().join("\n")).unwrap();
    let mut second = Node::start(home.path(), &[("MODEL_TYPE", "GRU")], Some(&data));
    second.await_line("given_files_refused");
    let named = |ready: &serde_json::Value| ready["degraded"].to_string().contains("data-files: the files of --data");
    let ready = second.until("/readyz", |status, ready| status == 200 && named(ready)).await;
    assert_eq!(ready["model_loaded"], true, "{ready}");
    assert!(second.ended().is_none());
    assert_eq!(second.post("/predict", &data.request(30)).await.0, 200);
    // the file is mended in the bucket
    let store = crate::common::store_of(home.path());
    let name = second.actor("preprocessor").await["state"]["train_file"].as_str().unwrap().to_owned();
    store.put("dataset", &name, text.into(), flts::storage::Condition::Always).await.unwrap();
    second.until("/readyz", |_, ready| ready["degraded"] == serde_json::json!([])).await;
}
