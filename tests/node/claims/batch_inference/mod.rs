//! A claim of `inference-data` is answered: a line in a stored log segment, then an event on `performance-eval`, then it is done.

mod bombs;
mod suspects;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flts::forecast::sha256_hex;
use flts::kafka::{INFERENCE_DATA, PERFORMANCE_EVAL};
use serde_json::{Value, json};
use world::{ROWS, World, claim_of};

use crate::common::topics::Topic;
use crate::common::{Node, serving_node};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_gets_a_forecast_and_errors_that_the_api_gives_too() {
    let world = World::start(&[]).await;
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    // the test part of the data set was claimed when it was made
    let first = events.next_json();
    assert!(first["claim_id"].as_str().unwrap().starts_with("infer:"), "{first}");

    let rows = world.put_rows("site/a.csv", 0).await;
    let mut claim = claim_of("site/a.csv");
    claim["sha256"] = json!(sha256_hex(rows.as_bytes()));
    claim["event_id"] = json!("claim-1");
    world.claim(&claim).await;
    let event = events.next_json();
    assert_eq!(
        (event["operation"].as_str(), event["status"].as_str()),
        (Some("Inference"), Some("SUCCESS")),
        "{event}"
    );
    assert_eq!((event["claim_id"].as_str(), event["v"].as_u64()), (Some("claim-1"), Some(1)));
    assert_eq!((event["rows"].as_u64(), event["replay_origins"].as_u64()), (Some(30), Some(2)), "{event}");
    assert_eq!(event["replay_points"], 60);

    let forecast = world.predict(0..ROWS).await;
    for name in ["run_id", "model_type", "config_hash", "generation", "identifier"] {
        assert_eq!(event[name], forecast[name], "{name}");
    }
    let line = world.line_of(&event).await;
    assert_eq!((line["status"].as_str(), line["claim_id"].as_str()), (Some("SUCCESS"), Some("claim-1")), "{line}");
    for name in ["run_id", "model_type", "config_hash", "generation", "identifier", "prediction_sha256"] {
        assert_eq!(line[name], event[name], "{name}");
    }
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_forecast_like(&line["predictions"], &forecast["predictions"]);
    assert_eq!(line["metrics"]["rows_predicted"], 30);
    let short = &event["prediction_sha256"].as_str().unwrap()[..16];
    assert_eq!(
        (line["metrics"]["prediction_hash"].as_str(), line["metrics"]["mae_mean"].clone()),
        (Some(short), event["mae"].clone())
    );

    // the replay, done by hand: two requests, each of the rows up to an origin
    let (mut sizes, mut squares) = (0.0, 0.0);
    for origin in [30, 60] {
        let forecast = world.predict(0..origin).await;
        let steps = forecast["predictions"].as_array().unwrap();
        for (step, truth) in steps.iter().zip(&world.down()[origin..origin + 30]) {
            let error = step["down"].as_f64().unwrap() - truth;
            (sizes, squares) = (sizes + f64::abs(error), squares + error * error);
        }
    }
    assert_close(event["mae"].as_f64().unwrap(), sizes / 60.0);
    assert_close(event["rmse"].as_f64().unwrap(), f64::sqrt(squares / 60.0));

    // the same again: the same name, the same bits
    world.claim(&claim).await;
    let again = events.next_json();
    for name in ["claim_id", "prediction_sha256", "mae", "rmse", "generation"] {
        assert_eq!(again[name], event[name], "{name}");
    }
    // one without a name is called by its place
    let mut nameless = claim_of("site/a.csv");
    nameless.as_object_mut().unwrap().remove("event_id");
    world.claim(&nameless).await;
    let third = events.next_json();
    assert_eq!(
        (third["claim_id"].as_str(), &third["prediction_sha256"]),
        (Some("inference-data/0/3"), &event["prediction_sha256"])
    );
    let answered = |actor: &Value| actor["state"]["answered"] == 4 && actor["state"]["in_hand"] == 0;
    let state = world.node().until("/debug/actors/batch-forecaster", |_, actor| answered(actor)).await["state"].clone();
    assert_eq!(
        (state["computed"].as_u64(), state["in_hand"].as_u64(), state["open_segment_lines"].as_u64()),
        (Some(2), Some(0), Some(0)),
        "{state}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_changes_under_its_name_is_read_again_unless_the_claim_knows_better() {
    let world = World::start(&[]).await;
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    events.next();
    let old = world.put_rows("moving.csv", 0).await;
    world.claim(&claim_of("moving.csv")).await;
    let first = events.next_json();
    assert_eq!(first["data_sha256"], sha256_hex(old.as_bytes()));
    let new = world.put_rows("moving.csv", 7).await;
    world.claim(&claim_of("moving.csv")).await;
    let second = events.next_json();
    assert_eq!(second["data_sha256"], sha256_hex(new.as_bytes()));
    assert_ne!(first["prediction_sha256"], second["prediction_sha256"]);
    let mut wrong = claim_of("moving.csv");
    wrong["sha256"] = json!(sha256_hex(b"something else"));
    world.claim(&wrong).await;
    let dead = Topic::of(&world.brokers(), "DLQ-inference-data").next_json();
    assert!(dead["error"].as_str().unwrap().contains("but the claim says"), "{dead}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_answers_a_claim_with_the_same_bits_whatever_else_it_does() {
    let world = World::start(&[("INFERENCE_WORKERS", "2")]).await;
    let brokers = world.brokers();
    let other_home = tempfile::tempdir().unwrap();
    let home = world.home().to_str().unwrap().to_owned();
    let other = [
        ("ROLES", "inference"),
        ("JOIN", home.as_str()),
        ("CONSUMER_GROUP_ID", "another-group"),
        ("INFERENCE_WORKERS", "1"),
        ("INFERENCE_BATCH_ROWS", "7"),
    ];
    let other = Node::start(other_home.path(), &other, None);
    other.until_ready().await;
    let events = Topic::of(&brokers, PERFORMANCE_EVAL);
    let load = world.load_on(&other);
    for at in 0..10 {
        let name = format!("same/{at}.csv");
        world.put_rows(&name, at).await;
        let mut claim = claim_of(&name);
        claim["event_id"] = json!(format!("same-{at}"));
        world.claim(&claim).await;
    }
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut heard = 0;
    while heard < 20 {
        let event = events.next_json();
        let claim_id = event["claim_id"].as_str().unwrap().to_owned();
        if claim_id.starts_with("same-") {
            answers.entry(claim_id).or_default().insert(event["prediction_sha256"].as_str().unwrap().to_owned());
            heard += 1;
        }
    }
    load.abort();
    assert_eq!(answers.len(), 10);
    assert!(answers.values().all(|hashes| hashes.len() == 1), "{answers:#?}");
    let different: BTreeSet<_> = answers.values().flatten().collect();
    assert_eq!(different.len(), 10, "other rows have other forecasts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_deadline_has_passed_is_told_as_expired() {
    let world = World::start(&[]).await;
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    events.next();
    world.claim_until(&claim_of("nowhere.csv"), "1000").await;
    let event = events.next_json();
    assert_eq!(
        (event["status"].as_str(), event["claim_id"].as_str()),
        (Some("EXPIRED"), Some("nowhere.csv")),
        "{event}"
    );
    assert!(event.get("run_id").is_none(), "{event}");
    let done = |actor: &Value| actor["state"]["poll"]["in_flight"] == 0;
    world.node().until("/debug/actors/inference-claims", |_, actor| done(actor)).await;
    assert_eq!(world.node().actor("batch-forecaster").await["state"]["expired"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn published_claims_are_answered_each_by_its_own_name() {
    let world = World::start(&[("ENABLE_PUBLISH_API", "1")]).await;
    let (events, claims) = (Topic::of(&world.brokers(), PERFORMANCE_EVAL), Topic::of(&world.brokers(), INFERENCE_DATA));
    events.next();
    claims.next();
    let asked = json!({"count": 20, "key_prefix": "load", "ttl_ms": 60000});
    let (status, answer) = world.node().post("/publish_inference_claims", &asked).await;
    assert_eq!((status, &answer), (200, &json!({"status": "ok", "published": 20, "topic": "inference-data"})));
    for at in 0..20 {
        let record = claims.next();
        assert_eq!(record.key.as_deref(), Some(format!("load-{at}").as_bytes()));
        assert!(record.deadline().is_some());
    }
    let names: BTreeSet<String> =
        events.take(20).iter().map(|event| event["claim_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 20, "{names:?}");
    world.put_rows("own.csv", 3).await;
    let own = json!({"bucket": "dataset", "object_key": "own.csv"});
    assert_eq!(world.node().post("/publish_inference_claims", &own).await.1["published"], 1);
    assert_eq!(events.next_json()["rows"], 30);
    for (wrong, status, code) in [
        (json!({"count": 0}), 422, "invalid_field"),
        (json!({"count": 500_001}), 422, "invalid_field"),
        (json!({"ttl_ms": 86_400_001}), 422, "invalid_field"),
        (json!({"identifier": "../other"}), 422, "invalid_field"),
        (json!({"bucket": "dataset"}), 400, "bad_request"),
        (json!({"identifier": "nobody"}), 404, "no_dataset"),
        (json!({"cuont": 1}), 422, "invalid_field"),
    ] {
        let (got, answer) = world.node().post("/publish_inference_claims", &wrong).await;
        assert_eq!((got, answer["code"].as_str()), (status, Some(code)), "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn nothing_is_published_where_that_is_off() {
    let (_home, node) = serving_node(&[]);
    let (status, answer) = node.post("/publish_inference_claims", &json!({})).await;
    assert_eq!((status, answer["code"].as_str()), (404, Some("publish_disabled")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_while_many_claims_wait() {
    let world = World::start(&[("ENABLE_PUBLISH_API", "1"), ("QUEUE_MAXSIZE", "32"), ("INFERENCE_WORKERS", "1")]).await;
    for at in 0..200 {
        let name = format!("many/{at}.csv");
        world.put_rows(&name, at).await;
        world.claim(&claim_of(&name)).await;
    }
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    for _ in 0..20 {
        assert_eq!(world.predict(0..30).await["status"], "SUCCESS", "claims cost no request a 429");
    }
    let answered: BTreeSet<String> =
        events.take(201).iter().map(|event| event["claim_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answered.len(), 201);
    assert!(events.rest(Duration::from_millis(500)).is_empty(), "none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_between_two_writes_leaves_no_claim_unanswered() {
    let world = World::start(&[("ROLES", "preprocess,trainer,evaluator")]).await;
    let brokers = world.brokers();
    for point in ["log-segment-stored", "inference-event-sent"] {
        let home = tempfile::tempdir().unwrap();
        let joined = world.home().to_str().unwrap().to_owned();
        let inference = [("ROLES", "inference"), ("JOIN", joined.as_str())];
        let events = Topic::of(&brokers, PERFORMANCE_EVAL);
        let names: BTreeSet<String> = (0..30).map(|at| format!("{point}/{at}.csv")).collect();
        for (at, name) in names.iter().enumerate() {
            world.put_rows(name, at).await;
            world.claim(&claim_of(name)).await;
        }
        let dying = Node::start(home.path(), &[&inference[..], &[("FLTS_CRASH_AT", point)]].concat(), None);
        assert_eq!(dying.wait().code(), None, "killed at {point}");
        let node = Node::start(home.path(), &inference, None);
        let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        while !names.iter().all(|name| answers.contains_key(name)) {
            let event = events.next_json();
            let claim_id = event["claim_id"].as_str().unwrap().to_owned();
            if names.contains(&claim_id) {
                // what is announced is stored
                assert_eq!(world.line_of(&event).await["prediction_sha256"], event["prediction_sha256"]);
                answers.entry(claim_id).or_default().insert(event["prediction_sha256"].as_str().unwrap().to_owned());
            }
        }
        assert!(answers.values().all(|hashes| hashes.len() == 1), "{answers:#?}");
        let settled = |actor: &Value| {
            let poll = &actor["state"]["poll"];
            poll["in_flight"] == 0 && poll["lag"]["0"] == 0
        };
        node.until("/debug/actors/inference-claims", |_, actor| settled(actor)).await;
        world.assert_segments_are_dense().await;
        assert_eq!(node.stop().code(), Some(0));
    }
}

fn assert_close(left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-5 * right.abs().max(1e-9), "{left} and {right}");
}

fn assert_forecast_like(left: &Value, right: &Value) {
    let (left, right) = (left.as_array().unwrap(), right.as_array().unwrap());
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left["ts"], right["ts"]);
        assert_close(left["down"].as_f64().unwrap(), right["down"].as_f64().unwrap());
    }
}
