//! Records of every topic: each is read, and means what it meant.

use flts::kafka::{
    AnswerStatus, DlqEnvelope, InferenceClaim, ModelSelected, PerformanceEvent, TrainingClaim, TrainingEvent,
    TrainingStatus,
};
use serde_json::json;

use super::fixture::{bytes, json};

fn payload(name: &str) -> Vec<u8> {
    bytes(&format!("records/{name}.json"))
}

/// A field of another file, as text.
fn text(file: &str, pointer: &str) -> String {
    json(file).pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_claim_of_the_first_format_names_its_object_and_the_hash_of_it() {
    let training = TrainingClaim::parse(&payload("training-data")).unwrap();
    let inference = InferenceClaim::parse(&payload("inference-data")).unwrap();
    assert!(training.is_for_training());
    assert_eq!(
        (inference.claim.operation.as_deref(), &inference.object_key),
        (Some("post: test data"), &inference.claim.object)
    );
    for (claim, part) in [(&training, "train"), (&inference.claim, "test")] {
        assert_eq!((claim.bucket.as_str(), claim.identifier.as_str(), claim.v), ("processed-data", "default", 1));
        let object = bytes(&format!("objects/processed-data/{}", claim.object));
        assert_eq!(claim.sha256, Some(flts::forecast::sha256_hex(&object)));
        let record = format!("objects/processed-data/{}", claim.object.replace(".parquet", ".meta.json"));
        assert_eq!(text(&record, &format!("/{part}/object")), claim.object);
        assert_eq!(
            (text(&record, "/dataset_id"), text(&record, "/config_hash")),
            (claim.dataset_id.clone(), claim.config_hash.clone())
        );
        assert_eq!(claim.rows, json(&record)[part]["rows"].as_u64());
        assert_eq!(claim.size, Some(object.len() as u64));
    }
    assert_ne!(training.event_id.unwrap(), inference.claim.event_id.unwrap());
}

#[test]
fn an_event_of_a_training_of_the_first_format_says_how_it_stands() {
    let event = |name: &str| TrainingEvent::parse(&payload(name)).unwrap();
    let told = |event: &TrainingEvent| (event.status, event.is_final, event.run_id.is_some(), event.error.is_some());
    let [running, success, failed] =
        ["running", "success", "failed"].map(|end| event(&format!("model-training-{end}")));
    assert_eq!(told(&running), (TrainingStatus::Running, false, false, false));
    assert_eq!(told(&success), (TrainingStatus::Success, true, true, false));
    assert_eq!(told(&failed), (TrainingStatus::Failed, true, true, true));
    assert_eq!(
        (running.identifier.as_str(), success.identifier.as_str(), failed.identifier.as_str()),
        ("default", "default", "short")
    );
    for event in [&running, &success, &failed] {
        assert!(["GRU", "LSTM"].contains(&event.model_type.as_str()), "{event:?}");
        assert_eq!(
            (&event.run_name, event.v, event.dataset_id.len(), event.config_hash.len()),
            (&event.model_type, 1, 64, 64)
        );
    }
    assert_eq!(success.key(), Some(format!("trained-{}", success.model_type)));
    assert_eq!((running.key(), failed.key()), (None, None));
    let keys = json("records/keys.json");
    assert_eq!(success.key().as_deref(), keys["model-training-success"]["key"].as_str());
    assert_eq!(success.operation, format!("Trained: {}", success.model_type));
    assert_eq!(running.dataset_id, success.dataset_id);
}

#[test]
fn the_news_of_a_promotion_of_the_first_format_names_its_run() {
    let hint = ModelSelected::parse(&payload("model-selected")).unwrap();
    let first = "objects/model-promotion/default/history/00000001.json";
    let wanted =
        ModelSelected { identifier: "default".into(), run_id: text(first, "/pointer/run_id"), generation: Some(1) };
    assert_eq!(hint, wanted);
}

#[test]
fn an_answer_of_the_first_format_says_what_was_forecast_and_where_it_is_written() {
    let event = PerformanceEvent::parse(&payload("performance-eval-success")).unwrap();
    assert_eq!((event.status, event.identifier.as_str(), event.v), (AnswerStatus::Success, "default", 1));
    let claim = InferenceClaim::parse(&payload("inference-data")).unwrap();
    assert_eq!(Some(&event.claim_id), claim.claim.event_id.as_ref());
    let answer = event.answer.unwrap();
    assert_eq!((answer.log_bucket.as_str(), answer.generation, answer.rows), ("inference-logs", 1, 6));
    assert_eq!(Some(&answer.data_sha256), claim.claim.sha256.as_ref());
    assert!(answer.mae > Some(0.0) && answer.rmse >= answer.mae, "{answer:?}");
    assert!(answer.replay_origins > 0 && answer.replay_points > answer.replay_origins, "{answer:?}");
    assert!(!bytes(&format!("objects/inference-logs/{}", answer.log_object_key)).is_empty());

    let expired = PerformanceEvent::parse(&payload("performance-eval-expired")).unwrap();
    assert_eq!((expired.status, expired.claim_id.as_str(), expired.answer), (AnswerStatus::Expired, "late-1", None));
}

#[test]
fn a_dead_letter_of_the_first_format_holds_its_record_and_why_nobody_could_use_it() {
    let letter = |name: &str| serde_json::from_slice::<DlqEnvelope>(&payload(name)).unwrap();
    let claim = letter("dlq-inference-data-json");
    assert_eq!(claim.payload, json!({"bucket": "processed-data", "v": 1}));
    let bytes = letter("dlq-inference-data-base64");
    assert_eq!(bytes.payload, "/wAgbm8ganNvbg==");
    for (letter, encoding) in [(&claim, "json"), (&bytes, "base64")] {
        assert_eq!((letter.operation.as_str(), letter.status.as_str()), ("Data Fetch/Inference", "Failure"));
        assert_eq!((letter.payload_encoding.as_str(), letter.count, letter.causes.len()), (encoding, 3, 3));
        assert_eq!(letter.causes.last(), Some(&letter.error));
        let origin = letter.origin.as_ref().unwrap();
        assert_eq!((origin.topic.as_str(), origin.partition), ("inference-data", 0));
        assert!(letter.timestamp.is_some() && letter.truncated.is_none() && letter.v == 1);
    }
    let file = letter("dlq-preprocess");
    assert_eq!((file.count, file.origin.is_none()), (1, true), "work that had no record behind it");
    assert!(file.error.contains("`seven` is not a number"), "{}", file.error);
}
