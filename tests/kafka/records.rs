//! The wire types: the original's records are understood, and what is missing is named.

use flts::kafka::{
    DlqEnvelope, InferenceClaim, ModelSelected, RecordError, TOPICS, TrainingClaim, TrainingEvent, TrainingStatus,
    trainer_group,
};
use flts::storage::Pointer;
use serde_json::{Value, json};

const POINTER: &str = r#"{"identifier":"","config_hash":"d0c1e855","run_id":"72302fa7520947098fbf3c84582f766e","model_type":"LSTM",
 "experiment":"Default","model_uri":"runs:/72302fa7520947098fbf3c84582f766e/LSTM",
 "rmse":0.03182955418991341,"mae":0.01601955108344555,"mse":0.0010131205199286342,"score":0.020923266523976095,
 "timestamp":"2025-10-31T19:04:17.705731Z","weights":{"rmse":0.5,"mae":0.3,"mse":0.2}}"#;

#[test]
fn the_originals_training_claim_is_understood() {
    let text = br#"{"bucket":"processed-data","object":"processed_data.parquet","size":18640,"v":1,
        "config_hash":"6ce79cfa","identifier":"default"}"#;
    let claim = TrainingClaim::parse(text).unwrap();
    assert_eq!((claim.bucket.as_str(), claim.object.as_str()), ("processed-data", "processed_data.parquet"));
    assert_eq!((claim.size, claim.config_hash.as_str(), claim.series()), (Some(18640), "6ce79cfa", "default"));
    assert_eq!(claim.dataset_id, "");
    assert!(claim.is_for_training());
}

#[test]
fn the_originals_inference_claim_is_understood_under_either_name_of_the_object() {
    let text = br#"{"bucket":"processed-data","object":"test_processed_data.parquet","object_key":"test_processed_data.parquet",
        "size":18711,"operation":"post: test data","v":1,"config_hash":"6ce79cfa","identifier":"site-1"}"#;
    let claim = InferenceClaim::parse(text).unwrap();
    assert_eq!((claim.claim.object.as_str(), claim.claim.series()), ("test_processed_data.parquet", "site-1"));
    assert!(!claim.claim.is_for_training());

    let bare = InferenceClaim::parse(br#"{"bucket":"b","object_key":"o.parquet"}"#).unwrap();
    assert_eq!((bare.claim.object.as_str(), bare.claim.series(), bare.claim.v), ("o.parquet", "default", 1));
}

#[test]
fn the_originals_training_events_are_understood() {
    let running = br#"{"operation":"Training Started: GRU","status":"RUNNING","experiment":"Default","run_name":"GRU","config_hash":"c"}"#;
    let event = TrainingEvent::parse(running).unwrap();
    assert_eq!((event.status, event.model_type.as_str(), event.is_final), (TrainingStatus::Running, "GRU", false));

    let success = br#"{"operation":"Trained: PROPHET","status":"SUCCESS","experiment":"NonML","run_name":"PROPHET","config_hash":"c","run_id":"0123"}"#;
    let event = TrainingEvent::parse(success).unwrap();
    assert_eq!((event.model_type.as_str(), event.run_id.as_deref()), ("PROPHET", Some("0123")));
    assert_eq!((event.is_final, event.key().as_deref()), (true, Some("trained-PROPHET")));
}

#[test]
fn a_failed_training_is_told_with_its_error_and_is_final() {
    let text = br#"{"operation":"Training Failed: LSTM","status":"FAILED","run_name":"LSTM","error":"too few rows","final":true}"#;
    let event = TrainingEvent::parse(text).unwrap();
    assert_eq!((event.status, event.error.as_deref()), (TrainingStatus::Failed, Some("too few rows")));
    assert_eq!((event.is_final, event.key()), (true, None));
    let sent: Value = serde_json::from_slice(&event.to_json()).unwrap();
    assert_eq!((&sent["status"], &sent["final"]), (&json!("FAILED"), &json!(true)));
}

#[test]
fn the_originals_dead_letters_are_understood() {
    let text = r#"{"operation":"train","status":"Failure","error":"boom","payload":{"object_key":"x","failures":3},"timestamp":1730750000.12}"#;
    let envelope: DlqEnvelope = serde_json::from_str(text).unwrap();
    assert_eq!((envelope.error.as_str(), envelope.timestamp), ("boom", Some(1730750000.12)));
    let without_time: DlqEnvelope =
        serde_json::from_str(r#"{"operation":"promotion","status":"Failure","error":"e","payload":{}}"#).unwrap();
    assert_eq!(without_time.timestamp, None);
}

#[test]
fn the_originals_promotion_is_understood_as_a_hint() {
    let hint = ModelSelected::parse(POINTER.as_bytes()).unwrap();
    assert_eq!((hint.identifier.as_str(), hint.generation), ("default", None));
    assert_eq!(hint.run_id, "72302fa7520947098fbf3c84582f766e");
}

#[test]
fn unknown_fields_are_ignored() {
    let claim = TrainingClaim::parse(br#"{"bucket":"b","object":"o","colour":"green","nested":{"x":[1]}}"#);
    assert_eq!(claim.unwrap().object, "o");
    let event = TrainingEvent::parse(br#"{"status":"RUNNING","run_name":"GRU","colour":"green"}"#);
    assert_eq!(event.unwrap().model_type, "GRU");
}

#[test]
fn a_missing_or_unusable_field_is_named() {
    let claim = |text: &str| TrainingClaim::parse(text.as_bytes()).unwrap_err().to_string();
    let event = |text: &str| TrainingEvent::parse(text.as_bytes()).unwrap_err().to_string();
    let hint = |text: &str| ModelSelected::parse(text.as_bytes()).unwrap_err().to_string();
    let cases = [
        (claim(r#"{"object":"o"}"#), "`bucket`"),
        (claim(r#"{"bucket":"b"}"#), "`object`"),
        (claim(r#"{"bucket":"b","object":"o","object_key":"p"}"#), "`object_key`"),
        (claim(r#"{"bucket":7,"object":"o"}"#), "a string"),
        (claim("[]"), "length 0"),
        (claim("not json"), "line 1"),
        (event(r#"{"run_name":"GRU"}"#), "`status`"),
        (event(r#"{"status":"RUNNING"}"#), "`model_type`"),
        (event(r#"{"status":"SUCCESS","run_name":"GRU"}"#), "`run_id`"),
        (event(r#"{"status":"PERHAPS","run_name":"GRU"}"#), "`PERHAPS`"),
        (hint(r#"{"generation":3}"#), "`run_id`"),
    ];
    for (error, named) in cases {
        assert!(error.contains(named), "`{error}` does not name {named}");
    }
    assert_eq!(TrainingClaim::parse(b""), Err(RecordError::Empty));
}

#[test]
fn a_version_to_come_is_refused_before_its_fields_are_read() {
    let error = TrainingClaim::parse(br#"{"v":2,"place":{"bucket":"b"}}"#).unwrap_err();
    assert_eq!(error, RecordError::UnknownVersion(2));
    assert!(error.to_string().contains("version 2") && error.to_string().contains("reads version 1"), "{error}");
    assert!(TrainingEvent::parse(br#"{"v":0,"status":"RUNNING","run_name":"GRU"}"#).is_err());
    assert!(TrainingClaim::parse(br#"{"v":1,"bucket":"b","object":"o"}"#).is_ok());
}

#[test]
fn every_family_has_a_group_of_its_own() {
    assert_eq!(trainer_group("GRU"), "train-gru");
    assert_eq!(trainer_group("LSTM"), "train-lstm");
    assert_eq!(trainer_group("PROPHET"), "nonml-prophet");
}

#[test]
fn every_topic_that_a_group_reads_has_a_dead_letter_topic() {
    for read in ["training-data", "inference-data", "model-training"] {
        assert!(TOPICS.iter().any(|topic| topic.name == DlqEnvelope::topic(read)), "{read}");
    }
}

#[test]
fn the_originals_pointers_are_recognised_and_refused_with_the_reason() {
    let envelope = format!(
        "--6f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"current.json\"\r\nContent-Type: application/json\r\n\r\n{POINTER}\r\n--6f--\r\n"
    );
    for old in [POINTER.to_string(), format!("\u{feff}{POINTER}"), envelope] {
        let reason = Pointer::parse(old.as_bytes()).unwrap_err();
        assert!(reason.starts_with("pointer_not_loadable"), "{reason}");
        assert!(reason.contains("72302fa7520947098fbf3c84582f766e"), "{reason}");
    }
}

#[test]
fn a_pointer_that_is_no_json_is_refused_with_a_reason() {
    for broken in ["", "   ", "--6f\r\nnothing\r\n--6f--", "{\"run_id\":", "null", "[]"] {
        let reason = Pointer::parse(broken.as_bytes()).unwrap_err();
        assert!(!reason.is_empty());
    }
}
