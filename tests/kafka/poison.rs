//! Records that nobody can use end in the dead-letter topic with their cause, on every topic that is read; what comes behind them is
//! done, and nobody restarts. On a real broker where one is there.

use std::collections::BTreeMap;
use std::time::Duration;

use flts::forecast::sha256_hex;
use flts::kafka::{INFERENCE_DATA, MODEL_TRAINING, PERFORMANCE_EVAL, TRAINING_DATA};
use flts::storage::Condition;
use serde_json::{Value, json};

use crate::common::store_of;
use crate::common::topics::Topic;
use crate::world::World;

/// A record, and a word of why it cannot be used.
type Poison = (Option<Vec<u8>>, &'static str);

fn text(payload: &Value) -> Option<Vec<u8>> {
    Some(payload.to_string().into_bytes())
}

/// What no reader of any topic can use.
fn of_any_topic() -> Vec<Poison> {
    let garbage: Vec<u8> = (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    vec![
        (Some(b"no json".to_vec()), "not usable"),
        (text(&json!(["a", "list"])), "not usable"),
        (Some(garbage), "not usable"),
        (None, "empty"),
        (Some(Vec::new()), "empty"),
    ]
}

async fn claims(world: &World) -> Vec<Poison> {
    let test = std::fs::read_to_string(&world.data.test).unwrap();
    let short: String = test.lines().take(3).map(|line| format!("{line}\n")).collect();
    for (key, bytes) in [("short.csv", short.as_bytes()), ("none.parquet", b"PAR1 but nothing else".as_slice())] {
        store_of(world.home.path()).put("dataset", key, bytes.to_vec().into(), Condition::Always).await.unwrap();
    }
    let claim = |fields: &[(&str, Value)]| {
        let mut claim = json!({"bucket": "dataset", "object": "sample_test.csv", "identifier": "default", "v": 1});
        fields.iter().for_each(|(name, value)| claim[*name] = value.clone());
        text(&claim)
    };
    let all = vec![
        (claim(&[("bucket", json!(5))]), "invalid type"),
        (claim(&[("object", Value::Null)]), "missing field `object`"),
        (claim(&[("v", json!(7))]), "version 7"),
        (claim(&[("bucket", json!("no-such-bucket"))]), "no-such-bucket"),
        (claim(&[("object", json!("nowhere.csv"))]), "dataset/nowhere.csv is not in the object store"),
        (claim(&[("sha256", json!(sha256_hex(b"others")))]), "but the claim says"),
        (claim(&[("object", json!("none.parquet"))]), "none.parquet cannot be used"),
        (claim(&[("object", json!("short.csv"))]), "2 row(s), but the model needs at least 30"),
        (claim(&[("identifier", json!("../another"))]), "`identifier`"),
    ];
    [all, of_any_topic()].concat()
}

fn training_claims() -> Vec<Poison> {
    let claim = |fields: &[(&str, Value)]| {
        let mut claim = json!({"bucket": "processed-data", "object": "train.parquet", "identifier": "default", "v": 1,
            "config_hash": "c".repeat(64), "dataset_id": "d".repeat(64)});
        fields.iter().for_each(|(name, value)| claim[*name] = value.clone());
        text(&claim)
    };
    let all = vec![
        (claim(&[("bucket", json!(true))]), "invalid type"),
        (claim(&[("v", json!(2))]), "version 2"),
        (claim(&[("dataset_id", json!(""))]), "`dataset_id` is missing"),
        (claim(&[("config_hash", json!("../../other-bucket"))]), "`config_hash`"),
        (claim(&[("config_hash", json!("c"))]), "`config_hash` must be 64 lower-case hex digits"),
        (claim(&[("identifier", json!("../other"))]), "`identifier`"),
        (claim(&[("operation", json!("post: test data"))]), "not for trainers"),
    ];
    [all, of_any_topic()].concat()
}

fn training_events() -> Vec<Poison> {
    let event = |fields: &[(&str, Value)]| {
        let mut event = json!({"operation": "Trained: GRU", "status": "SUCCESS", "run_name": "GRU", "model_type": "GRU",
            "run_id": "r", "identifier": "default", "config_hash": "c".repeat(64), "dataset_id": "d".repeat(64), "v": 1});
        fields.iter().for_each(|(name, value)| event[*name] = value.clone());
        text(&event)
    };
    let all = vec![
        (event(&[("status", json!(3))]), "not usable"),
        (event(&[("status", json!("PERHAPS"))]), "PERHAPS"),
        (event(&[("v", json!(9))]), "version 9"),
        (event(&[("dataset_id", json!(""))]), "`dataset_id` is missing"),
        (event(&[("dataset_id", json!("D".repeat(64)))]), "`dataset_id` must be 64 lower-case hex digits"),
    ];
    [all, of_any_topic()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_of_every_kind_ends_in_the_dead_letters_and_stops_nobody() {
    let world = World::start().await;
    let before = world.generations().await;
    let events = Topic::of(&world.brokers, PERFORMANCE_EVAL);
    events.next();
    for (topic, consumer, poison, good) in [
        (INFERENCE_DATA, "inference-claims", claims(&world).await, world.good_claim().await),
        (TRAINING_DATA, "training-claims-gru", training_claims(), world.good_training_claim().await),
        (MODEL_TRAINING, "training-events", training_events(), world.good_event().await),
    ] {
        let path = format!("/debug/actors/{consumer}");
        let done = world.node.actor(consumer).await["state"]["poll"]["records"]["done"].as_u64().unwrap();
        let mut sent = BTreeMap::new();
        for (payload, cause) in &poison {
            sent.insert(world.send(topic, payload.as_deref()).await, *cause);
        }
        world.send(topic, Some(&good)).await;
        let dead = Topic::of(&world.brokers, &format!("DLQ-{topic}"));
        for _ in 0..poison.len() {
            let letter = dead.next_json();
            let origin = &letter["origin"];
            let cause = sent.remove(&origin["offset"].as_i64().unwrap());
            let cause = cause.unwrap_or_else(|| panic!("{origin} is no poison, or is dead twice"));
            assert!(letter["error"].as_str().unwrap().contains(cause), "{cause}: {}", letter["error"]);
            // what an object holds cannot change between two attempts
            let attempts = if cause.ends_with("cannot be used") { 1 } else { 3 };
            let (count, status) = (letter["count"].as_u64(), letter["status"].as_str());
            assert_eq!((count, status), (Some(attempts), Some("Failure")), "{origin}");
            assert_eq!(letter["causes"].as_array().unwrap().len() as u64, attempts);
            assert_eq!((origin["topic"].as_str(), origin["partition"].as_i64()), (Some(topic), Some(0)));
        }
        assert!(sent.is_empty(), "{sent:?} are not in the dead letters");
        let settled = |actor: &Value| {
            let poll = &actor["state"]["poll"];
            poll["in_flight"] == 0
                && poll["records"]["done"].as_u64() > Some(done)
                && poll["records"]["dead"].as_u64() == Some(poison.len() as u64)
        };
        world.node.until(&path, |_, actor| settled(actor)).await;
    }
    assert_eq!(events.next_json()["claim_id"], "good", "the claim behind the poison is answered");
    assert!(events.rest(Duration::from_millis(300)).is_empty(), "no other claim is");
    assert_eq!(world.generations().await, before, "nobody restarted");
}
