//! The same image on a real broker and a real store: all roles in one process, one role a process, and both while what they stand on
//! goes away.

use std::process::Command;

use flts_soak::services::{Kafka, Minio};
use serde_json::json;

use crate::common::{Data, Node};

/// A broker and a store of one test.
struct Services {
    kafka: Kafka,
    minio: Minio,
    homes: tempfile::TempDir,
}

impl Services {
    fn start() -> Self {
        let (kafka, minio) = (Kafka::start().unwrap(), Minio::start().unwrap());
        Self { kafka, minio, homes: tempfile::tempdir().unwrap() }
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        let kafka = ("KAFKA_BOOTSTRAP_SERVERS", self.kafka.bootstrap_servers());
        self.minio.env().into_iter().chain([kafka]).collect()
    }

    /// A node with these roles, in a folder of its own.
    fn node(&self, roles: &str, data: Option<&Data>) -> Node {
        let own = self.env();
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let env: Vec<(&str, &str)> = own.chain([("ROLES", roles)]).collect();
        Node::start(&self.homes.path().join(roles), &env, data)
    }

    /// The batch job.
    fn preprocess(&self, data: &Data) {
        let done = Command::new(env!("CARGO_BIN_EXE_flts"))
            .args(["preprocess", "--data", data.train.to_str().unwrap(), "--test", data.test.to_str().unwrap()])
            .env("DATA_DIR", self.homes.path().join("job"))
            .envs(self.env())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// Waits until a claim was forecast, written to the log and told.
async fn until_a_claim_is_answered(node: &Node) {
    let answered = |state: &serde_json::Value| state["state"]["answered"].as_u64().is_some_and(|count| count > 0);
    node.until("/debug/actors/batch-forecaster", |_, state| answered(state)).await;
}

#[tokio::test]
#[ignore = "needs a real broker and a real store: make test-real"]
async fn one_process_goes_from_a_file_to_a_forecast_and_an_answered_claim() {
    let (data, services) = (Data::synthetic(), Services::start());
    let node = services.node("all", Some(&data));
    node.until_ready().await;
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{answer}");
    until_a_claim_is_answered(&node).await;
    assert_eq!(node.stop().code(), Some(0));
}

#[tokio::test]
#[ignore = "needs a real broker and a real store: make test-real"]
async fn one_role_a_process_comes_to_the_same_and_goes_on_after_broker_and_store_were_killed() {
    let (data, mut services) = (Data::synthetic(), Services::start());
    let serving = services.node("inference", None);
    let (trainer, evaluator) = (services.node("trainer", None), services.node("evaluator", None));
    services.preprocess(&data);
    serving.until_ready().await;
    until_a_claim_is_answered(&serving).await;

    services.kafka.kill().unwrap();
    services.minio.kill().unwrap();
    let both = |ready: &serde_json::Value| ready["degraded"].as_array().is_some_and(|away| away.len() == 2);
    serving.until("/readyz", |status, ready| status == 200 && both(ready)).await;
    assert_eq!(serving.post("/predict", &data.request(30)).await.0, 200, "it serves on");
    services.minio.restart().unwrap();
    services.kafka.restart().unwrap();
    for node in [&serving, &trainer, &evaluator] {
        node.until("/readyz", |status, ready| status == 200 && ready["degraded"] == json!([])).await;
    }
    let (_, before) = serving.get("/promotion").await;
    let other = [("EXTRA_HASH_SALT", "second")];
    let done = Command::new(env!("CARGO_BIN_EXE_flts"))
        .args(["preprocess", "--data", data.train.to_str().unwrap(), "--test", data.test.to_str().unwrap()])
        .env("DATA_DIR", services.homes.path().join("job"))
        .envs(services.env())
        .envs(other)
        .status();
    assert!(done.unwrap().success());
    let decided = |history: &serde_json::Value| history["decisions"].as_array().is_some_and(|all| all.len() == 2);
    serving.until("/promotion/default/history", |_, history| decided(history)).await;
    assert_eq!(before["identifier"], "default");
    for node in [serving, trainer, evaluator] {
        assert_eq!(node.stop().code(), Some(0));
    }
}
