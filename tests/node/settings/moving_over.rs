//! What the system that FLTS replaces left behind is told and passed over, as docs/migration.md says.

use flts::kafka::{MODEL_TRAINING, Producer, TRAINING_DATA};
use flts::storage::{Condition, PROMOTION_BUCKET};
use serde_json::{Value, json};

use crate::common::{Node, brokers_of, store_of};

const OLD_POINTER: &str = r#"{"identifier":"","config_hash":"d0c1e855","run_id":"72302fa7520947098fbf3c84582f766e","model_type":"LSTM",
"experiment":"Default","model_uri":"runs:/72302fa7520947098fbf3c84582f766e/LSTM","rmse":0.03182955418991341,"score":0.020923266523976095,
"timestamp":"2025-10-31T19:04:17.705731Z","weights":{"rmse":0.5,"mae":0.3,"mse":0.2}}"#;

#[tokio::test]
async fn a_pointer_of_the_original_is_reported_and_its_model_never_served() {
    let envelope = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"current.json\"\r\n\
         Content-Type: application/json\r\n\r\n{OLD_POINTER}\r\n--b--\r\n"
    );
    for pointer in [OLD_POINTER.to_owned(), format!("\u{feff}{OLD_POINTER}"), envelope] {
        let home = tempfile::tempdir().unwrap();
        let node = Node::start(home.path(), &[("ROLES", "inference")], None);
        let objects = store_of(home.path());
        objects.put(PROMOTION_BUCKET, "default/current.json", pointer.into(), Condition::Always).await.unwrap();
        let watcher =
            node.until("/debug/actors/promotion-watcher", |_, report| report["state"]["last_error"].is_string()).await;
        let told = watcher["state"]["last_error"].as_str().unwrap();
        assert!(told.contains("pointer_not_loadable") && told.contains("72302fa7520947098fbf3c84582f766e"), "{told}");
        node.await_line("promotion_pointer_parse_fail");
        let (status, ready) = node.get("/readyz").await;
        assert_eq!((status, &ready["model_loaded"]), (503, &json!(false)), "{ready}");
    }
}

#[tokio::test]
async fn records_of_the_original_go_to_the_dead_letters_and_stop_nobody() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "trainer,evaluator"), ("MODEL_TYPE", "GRU")], None);
    let producer = Producer::new(&brokers_of(home.path()), &[]).unwrap();
    let claim = json!({"bucket": "processed-data", "object": "processed_data.parquet", "size": 18640, "v": 1,
        "config_hash": "8999be31", "identifier": "default"});
    let event = json!({"operation": "Trained: GRU", "status": "SUCCESS", "experiment": "Default", "run_name": "GRU",
        "config_hash": "8999be31", "run_id": "72302fa7520947098fbf3c84582f766e"});
    producer.send(TRAINING_DATA, Some("train-claim"), claim.to_string().into_bytes()).await.unwrap();
    producer.send(MODEL_TRAINING, Some("trained-GRU"), event.to_string().into_bytes()).await.unwrap();
    for consumer in ["training-claims-gru", "training-events"] {
        let path = format!("/debug/actors/{consumer}");
        let poll = |report: &Value| report["state"]["poll"].clone();
        let report = node.until(&path, |_, report| poll(report)["committed"]["0"] == 1).await;
        assert_eq!(poll(&report)["records"]["dead"], 1, "{report}");
    }
    assert_eq!(node.get("/readyz").await.0, 200);
    assert_eq!(node.stop().code(), Some(0));
}
