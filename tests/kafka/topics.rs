//! Topics are created where a broker lets a node, told where it does not, and waited for where it is away.

use flts::kafka::TOPICS;
use flts_soak::services::{Kafka, KafkaSettings};
use serde_json::{Value, json};

use crate::common::Node;
use crate::common::shell::{flts, flts_with};

const ACLS: &str = "org.apache.kafka.tools.AclCommand";

/// A topic of `flts topics --json`.
fn of<'a>(told: &'a Value, name: &str) -> &'a Value {
    told.as_array().unwrap().iter().find(|row| row["topic"] == name).unwrap_or_else(|| panic!("no {name} in {told}"))
}

fn names(told: &Value, state: &str) -> Vec<String> {
    let rows = told.as_array().unwrap().iter().filter(|row| row["state"] == state);
    rows.map(|row| row["topic"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_a_broker_the_topics_are_listed_and_none_is_created() {
    let home = tempfile::tempdir().unwrap();
    let told = flts(home.path(), &["topics"]);
    for topic in TOPICS {
        assert!(told.good().contains(topic.name), "{told:?}");
    }
    let told = flts(home.path(), &["topics", "--json", "--kafka-topic-partitions", "12"]).json();
    assert_eq!(of(&told, "training-data")["partitions"], 12);
    assert_eq!(of(&told, "DLQ-training-data")["partitions"], 1, "nobody shares dead letters out");
    assert_eq!(of(&told, "training-data")["exists"], Value::Null);
    let refused = flts(home.path(), &["topics", "--create"]);
    assert!(refused.bad(1).contains("set KAFKA_BOOTSTRAP_SERVERS"), "{refused:?}");
}

#[test]
fn the_broker_of_a_running_node_has_every_topic() {
    let home = tempfile::tempdir().unwrap();
    let _node = Node::start(home.path(), &[("ROLES", "preprocess")], None);
    let told = flts(home.path(), &["topics", "--json"]).json();
    assert_eq!(names(&told, "there").len(), TOPICS.len(), "{told}");
    assert_eq!(of(&told, "training-data")["partitions"], 1);
}

#[test]
fn a_broker_that_does_not_answer_is_told_with_its_address() {
    let refused = flts_with(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("LOG_LEVEL", "info")], &["topics"]);
    assert!(refused.bad(1).contains("no answer from 127.0.0.1:1"), "{refused:?}");
    assert!(!refused.stderr.contains("stats"), "what the client counts is no news: {refused:?}");
}

/// A broker that creates topics by itself, where the user `limited` of its second listener may do nothing.
fn broker() -> Kafka {
    let settings = KafkaSettings {
        listeners: vec![("LIMITED".into(), "SASL_PLAINTEXT".into())],
        properties: [
            "auto.create.topics.enable=true",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
            "sasl.enabled.mechanisms=PLAIN",
            "listener.name.limited.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
             user_limited=\"secret\";",
        ]
        .map(str::to_owned)
        .to_vec(),
        format_args: Vec::new(),
    };
    Kafka::start_with(&settings).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker: make test-real"]
async fn a_real_broker_gets_the_topics_of_each_role_and_its_refusal_is_told() {
    let mut kafka = broker();
    let servers = kafka.bootstrap_servers();
    let open = [("KAFKA_BOOTSTRAP_SERVERS", servers.as_str())];
    let listed = || flts_with(&open, &["topics", "--json"]).json();
    assert_eq!(names(&listed(), "missing").len(), TOPICS.len());

    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let of_role = |role| [open[0], ("ROLES", role), ("KAFKA_TOPIC_PARTITIONS", "3")];
    let evaluator = Node::start(homes[0].path(), &of_role("evaluator"), None);
    let told = listed();
    assert_eq!(names(&told, "there"), ["model-training", "model-selected", "DLQ-model-training"]);
    assert_eq!(of(&told, "model-training")["partitions"], 3);
    assert_eq!(of(&told, "model-selected")["partitions"], 1);
    evaluator.until_ready().await;

    kafka.kill().unwrap();
    let trainer = Node::start(homes[1].path(), &of_role("trainer"), None);
    trainer.await_line("waiting_for_broker");
    assert_eq!(trainer.get("/healthz").await.0, 200, "it serves without the broker");
    let away = |ready: &Value| ready["degraded"].to_string().contains(&format!("no answer from {servers}"));
    trainer.until("/readyz", |status, ready| status == 503 && away(ready)).await;
    evaluator.until("/readyz", |_, ready| away(ready)).await;
    kafka.restart().unwrap();
    trainer.await_line("topics_there");
    trainer.until_ready().await;
    evaluator.until_ready().await;
    let told = listed();
    let missing =
        ["inference-data", "RETRY-inference-data", "performance-eval", "DLQ-preprocess", "DLQ-inference-data"];
    assert_eq!(names(&told, "missing"), missing, "no question and no client creates any");
    assert_eq!(of(&told, "training-data")["partitions"], 3);
    assert_eq!((evaluator.stop().code(), trainer.stop().code()), (Some(0), Some(0)));

    let address = kafka.address(1).to_string();
    let limited = [
        ("KAFKA_BOOTSTRAP_SERVERS", address.as_str()),
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "limited"),
        ("KAFKA_SASL_PASSWORD", "secret"),
    ];
    let home = tempfile::tempdir().unwrap();
    let node = [("DATA_DIR", home.path().to_str().unwrap()), ("ROLES", "inference")];
    let node = [&limited[..], &node[..]].concat();
    let refused = flts_with(&node, &["run"]);
    let told = refused.bad(1);
    for name in ["inference-data", "performance-eval", "model-selected", "DLQ-inference-data"] {
        assert!(told.contains(&format!("  - {name}: this user may not create it")), "{told}");
    }
    assert!(!told.contains("training-data") && told.contains("flts topics --create"), "{told}");
    let refused = flts_with(&limited, &["topics", "--create"]);
    assert!(refused.bad(1).contains("not created: training-data"), "{refused:?}");
    assert!(refused.stdout.contains("TopicAuthorizationFailed"), "{refused:?}");

    let created = flts_with(&open, &["topics", "--create", "--json"]).json();
    assert_eq!(names(&created, "created"), missing);
    assert_eq!(names(&listed(), "there").len(), TOPICS.len());
    let allow = ["--add", "--allow-principal", "User:limited", "--operation", "All", "--topic", "*", "--group", "*"];
    let all_but_groups = &allow[..allow.len() - 2];
    kafka.tool(ACLS, all_but_groups).unwrap();
    let evaluator_home = tempfile::tempdir().unwrap();
    let evaluator = [("DATA_DIR", evaluator_home.path().to_str().unwrap()), ("ROLES", "evaluator")];
    let denied = Node::start(evaluator_home.path(), &[&limited[..], &evaluator[..]].concat(), None);
    denied
        .until("/readyz", |_, ready| ready["degraded"].to_string().contains("may not read as the group eval-promoter"))
        .await;
    kafka.tool(ACLS, &allow).unwrap();
    denied.until("/readyz", |_, ready| ready["degraded"] == json!([])).await;
    assert_eq!(denied.stop().code(), Some(0));
    let node = Node::start(home.path(), &node, None);
    node.until("/debug/actors/model-selected-hints", |_, report| {
        report["state"]["poll"]["assigned"].as_array().is_some_and(|partitions| partitions.len() == 1)
    })
    .await;
    assert_eq!(node.get("/readyz").await.1["degraded"], json!([]));
    assert_eq!(node.stop().code(), Some(0));
}
