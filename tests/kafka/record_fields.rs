//! Every field of every record is checked when it is read: one that is too long, or has characters that it may not have, is named.

use flts::kafka::{InferenceClaim, ModelSelected, PerformanceEvent, RecordError, TrainingClaim, TrainingEvent};
use serde_json::{Value, json};

type Parse = fn(&[u8]) -> Result<(), RecordError>;

/// Each kind of record, as it is when all is well.
fn kinds() -> Vec<(&'static str, Value, Parse)> {
    let hash = "0".repeat(64);
    let claim = json!({"bucket": "dataset", "object": "a/b.csv", "operation": "post: train data", "v": 1, "config_hash": hash,
        "identifier": "site-1", "dataset_id": hash, "sha256": hash, "size": 1, "rows": 1, "event_id": "train:1"});
    let event = json!({"operation": "Trained: GRU", "status": "SUCCESS", "experiment": "Default", "run_name": "GRU",
        "model_type": "GRU", "config_hash": hash, "run_id": "r", "identifier": "site-1", "dataset_id": hash, "train_hash": hash,
        "error": "none", "final": true, "v": 1, "event_id": "run:r"});
    let hint = json!({"identifier": "site-1", "run_id": "r", "generation": 3});
    let answer = json!({"operation": "Inference", "status": "SUCCESS", "identifier": "site-1", "claim_id": "c",
        "log_bucket": "inference-logs", "log_object_key": "site-1/1.jsonl", "run_id": "r", "model_type": "GRU",
        "config_hash": hash, "generation": 1, "rows": 30, "prediction_sha256": hash, "data_sha256": hash, "v": 1});
    vec![
        ("training-data", claim.clone(), |payload| TrainingClaim::parse(payload).map(drop)),
        ("inference-data", claim, |payload| InferenceClaim::parse(payload).map(drop)),
        ("model-training", event, |payload| TrainingEvent::parse(payload).map(drop)),
        ("model-selected", hint, |payload| ModelSelected::parse(payload).map(drop)),
        ("performance-eval", answer, |payload| PerformanceEvent::parse(payload).map(drop)),
    ]
}

#[test]
fn a_field_of_any_record_that_is_too_long_is_named_and_so_is_one_of_the_wrong_kind() {
    for (topic, good, parse) in kinds() {
        assert_eq!(parse(good.to_string().as_bytes()), Ok(()), "{topic}");
        for (field, value) in good.as_object().unwrap() {
            let with = |wrong: Value| {
                let mut record = good.clone();
                record[field] = wrong;
                parse(record.to_string().as_bytes()).map_err(|error| error.to_string())
            };
            if value.is_string() {
                let error = with(json!("x".repeat(1_000_000))).expect_err(&format!("{topic}: {field} of 1 MB"));
                assert!(error.len() < 1_000_200, "{topic}: {field}");
                let named = error.contains(&format!("`{field}`")) || field == "status";
                assert!(named, "{topic}: {field} is not named by {error:.200}");
            }
            assert!(with(json!({"an": "object"})).is_err(), "{topic}: {field} may not be an object");
        }
    }
}

#[test]
fn characters_that_a_field_may_not_have_are_refused_and_an_error_shows_no_more_than_the_beginning() {
    let claim = |field: &str, value: &str| {
        let mut claim = json!({"bucket": "dataset", "object": "a.csv"});
        claim[field] = json!(value);
        InferenceClaim::parse(claim.to_string().as_bytes()).map_err(|error| error.to_string())
    };
    for (field, wrong) in [
        ("identifier", "../other"),
        ("identifier", "two words"),
        ("identifier", "history"),
        ("bucket", ""),
        ("bucket", "a/b"),
        ("object", "a\u{0}b"),
        ("object", "a\nb"),
        ("config_hash", "../../secret"),
        ("dataset_id", ".."),
        ("dataset_id", "a/b"),
        ("sha256", "abc"),
        ("sha256", &"g".repeat(64)),
        ("event_id", "a\u{7}"),
        ("operation", "\u{1b}[2J"),
    ] {
        let error = claim(field, wrong).expect_err(field);
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
    for (field, good) in [
        ("identifier", ""),
        ("identifier", "global"),
        ("config_hash", ""),
        ("sha256", &"AB".repeat(32)),
        ("event_id", "übermäßig: 1/2#3"),
        ("object", "folder/ä b.csv"),
    ] {
        assert!(claim(field, good).is_ok(), "{field} {good:?}");
    }
    let long = claim("identifier", &"a".repeat(1_000_000)).unwrap_err();
    assert!(long.len() < 400, "{long:.400}");
}
