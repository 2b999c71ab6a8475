//! Segments of the inference log: created once, numbered without a hole, found again after a lost answer.

use bytes::Bytes;
use flts::storage::{INFERENCE_LOG_BUCKET, InferenceLog, node_name};

use crate::fixture::Stored;

#[tokio::test]
async fn segments_are_numbered_by_series_and_never_written_again() {
    let stored = Stored::start().await;
    let log = InferenceLog::new(stored.objects.clone(), "host-1".into());
    let first = log.append("default", "20240228", Bytes::from("one\n")).await.unwrap();
    assert_eq!(first, "default/20240228/host-1-000001.jsonl");
    let other = log.clone();
    assert_eq!(
        other.append("site-5", "20240228", Bytes::from("a\n")).await.unwrap(),
        "site-5/20240228/host-1-000001.jsonl"
    );
    let second = other.append("default", "20240228", Bytes::from("two\n")).await.unwrap();
    assert_eq!(second, "default/20240228/host-1-000002.jsonl", "clones count together");

    // a writer that knows nothing of what is there, as after an answer that was lost
    let again = InferenceLog::new(stored.objects.clone(), "host-1".into());
    assert_eq!(again.append("default", "20240228", Bytes::from("one\n")).await.unwrap(), first, "it is there already");
    let passed = again.append("default", "20240228", Bytes::from("three\n")).await.unwrap();
    assert_eq!(passed, "default/20240228/host-1-000003.jsonl", "number 2 is taken");
    for (key, text) in [(first, "one\n"), (second, "two\n"), (passed, "three\n")] {
        assert_eq!(stored.objects.get(INFERENCE_LOG_BUCKET, &key).await.unwrap().unwrap().bytes, text);
    }
}

#[test]
fn two_starts_have_two_names_that_are_safe_in_a_path() {
    let (first, second) = (node_name("pod/one.example"), node_name("pod/one.example"));
    assert_ne!(first, second);
    assert!(first.starts_with("pod-one-example-") && first.len() == "pod-one-example-".len() + 8, "{first}");
}
