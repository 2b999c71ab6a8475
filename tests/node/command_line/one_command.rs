//! One command leads from a CSV file to a served forecast, and a second one finds it again.

use serde_json::{Map, Value};

use crate::common::{self, Data, Node};

#[tokio::test]
async fn a_csv_becomes_a_promoted_model_that_answers_after_the_last_row() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    for family in ["GRU", "LSTM", "RIDGE", "ETS", "THETA", "MSTL", "BLEND", "PERSISTENCE", "SEASONAL_NAIVE", "DRIFT"] {
        node.await_line(family);
    }
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{answer}");
    let request = data.request(31);
    let next = request["data"]["ts"][30].as_str().unwrap().replace(' ', "T");
    assert_eq!(answer["predictions"][0]["ts"], next.as_str(), "the first step is the one after the last row sent");
    let down = answer["predictions"][0]["down"].as_f64().unwrap();
    assert!(down > 1e3, "{down} is in the column's own unit and not scaled to 0..1");
    for field in ["run_id", "config_hash", "model_type", "generation", "req_id"] {
        assert!(!answer[field].is_null(), "{field} is missing in {answer}");
    }
    assert_eq!(node.stop().code(), Some(0));
}

#[tokio::test]
async fn the_order_of_keys_and_rows_changes_nothing() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let body = data.request(40);
    let (_, straight) = node.post("/predict", &body).await;
    let turned: Map<String, Value> = body["data"]
        .as_object()
        .unwrap()
        .iter()
        .rev()
        .map(|(name, cells)| (name.clone(), cells.as_array().unwrap().iter().rev().cloned().collect()))
        .collect();
    let (status, reversed) = node.post("/predict", &serde_json::json!({"data": turned})).await;
    assert_eq!(status, 200, "{reversed}");
    assert_eq!(straight["predictions"], reversed["predictions"]);
}

#[tokio::test]
async fn a_second_start_serves_the_promoted_model_without_training_again() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let first = Node::start(home.path(), &[], Some(&data));
    first.until_ready().await;
    let (_, before) = first.post("/predict", &data.request(30)).await;
    assert_eq!(first.stop().code(), Some(0));

    let second = Node::start(home.path(), &[], Some(&data));
    second.until_ready().await;
    let (status, after) = second.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{after}");
    assert_eq!((&before["run_id"], &before["generation"]), (&after["run_id"], &after["generation"]));
    assert_eq!(before["predictions"], after["predictions"]);
    // the claims come again, and every one of them is answered with the run that is there
    for family in ["GRU was trained before", "LSTM was trained before"] {
        second.await_line(family);
    }
}

#[tokio::test]
async fn a_node_killed_while_it_trains_finishes_the_loop_after_a_restart_with_one_promotion() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let slow = [("MAX_STEPS", "400")];
    let first = Node::start(home.path(), &slow, Some(&data));
    first.await_line("train_start");
    first.kill();

    let second = Node::start(home.path(), &slow, None);
    second.until_ready().await;
    let pointer = second.actor("promotion-watcher").await["state"]["pointer"].clone();
    assert_eq!((pointer["generation"].as_u64(), pointer["seq"].as_u64()), (Some(1), Some(1)), "{pointer}");
    assert_eq!(second.stop().code(), Some(0));
}

#[tokio::test]
async fn a_data_folder_belongs_to_one_node_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let _owner = Node::start(home.path(), &[], None);
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_flts"))
        .arg("run")
        .env("DATA_DIR", home.path())
        .envs(common::QUICK)
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("is in use by another node"), "{said}");
}
