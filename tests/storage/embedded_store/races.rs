//! Conditional writes: many clients at once, and readers meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use flts::storage::{Condition, Fetched, Put};
use futures::future::join_all;

use super::fixture::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_racing_creators_exactly_one_wins() {
    let running = Running::start().await;
    for round in 0..20 {
        let key = format!("race/{round}");
        let creators = (0..32).map(|creator| {
            let (objects, key) = (running.objects.clone(), key.clone());
            tokio::spawn(async move {
                let body = Bytes::from(format!("creator {creator}"));
                (objects.put(BUCKET, &key, body.clone(), Condition::IfAbsent).await.unwrap(), body)
            })
        });
        let ends: Vec<(Put, Bytes)> = join_all(creators).await.into_iter().map(Result::unwrap).collect();
        let winners: Vec<_> = ends.into_iter().filter(|(put, _)| *put != Put::Lost).collect();
        assert_eq!(winners.len(), 1, "round {round}");
        let object = running.objects.get(BUCKET, &key).await.unwrap().unwrap();
        assert_eq!(object.bytes, winners[0].1);
        assert_eq!(winners[0].0, Put::Done { etag: object.etag });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_racing_completions_of_uploads_exactly_one_wins() {
    let running = Running::start().await;
    let sdk = running.sdk();
    for round in 0..5 {
        let key = format!("race/{round}");
        let uploads = join_all((0..32).map(|creator| upload_one_part(&sdk, &key, format!("creator {creator}")))).await;
        let completions = uploads.into_iter().map(|(body, id, parts)| {
            let complete = sdk.complete_multipart_upload().bucket(BUCKET).key(&key).upload_id(id);
            let complete = complete.multipart_upload(parts).if_none_match("*");
            tokio::spawn(async move { (complete.send().await, body) })
        });
        let mut winners = Vec::new();
        for end in join_all(completions).await {
            match end.unwrap() {
                (Ok(_), body) => winners.push(body),
                (Err(error), _) => assert_eq!(error.code(), Some("PreconditionFailed"), "{error:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert_eq!(running.read(&key).await.unwrap(), winners[0]);
    }
    // the losers' parts wait for their abort, those of the winners are gone
    assert_eq!(files_under(&running.root().join("tmp")).len(), 5 * 31);
}

/// The body, the upload's id, and what completes it.
async fn upload_one_part(sdk: &Client, key: &str, body: String) -> (String, String, CompletedMultipartUpload) {
    let created = sdk.create_multipart_upload().bucket(BUCKET).key(key).send().await.unwrap();
    let id = created.upload_id.unwrap();
    let part = sdk.upload_part().bucket(BUCKET).key(key).upload_id(&id).part_number(1);
    let etag = part.body(ByteStream::from(body.clone().into_bytes())).send().await.unwrap().e_tag;
    let part = CompletedPart::builder().part_number(1).set_e_tag(etag).build();
    (body, id, CompletedMultipartUpload::builder().parts(part).build())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_by_compare_and_set_loses_no_update() {
    let running = Running::start().await;
    running.write("counter", b"0").await;
    let tasks = (0..16).map(|_| {
        let objects = running.objects.clone();
        tokio::spawn(async move {
            let mut done = 0_u32;
            for _ in 0..25 {
                let seen = objects.get(BUCKET, "counter").await.unwrap().unwrap();
                let value: u32 = std::str::from_utf8(&seen.bytes).unwrap().parse().unwrap();
                let next = Bytes::from((value + 1).to_string());
                let put = objects.put(BUCKET, "counter", next, Condition::IfMatch(&seen.etag)).await.unwrap();
                done += u32::from(put != Put::Lost);
            }
            done
        })
    });
    let successes: u32 = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
    assert!(successes >= 25, "only {successes} updates went through");
    assert_eq!(running.read("counter").await.unwrap(), successes.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_during_overwrites_sees_one_version_or_another() {
    let running = Running::start().await;
    running.write("hot", &body_of(0)).await;
    let writing = Arc::new(AtomicBool::new(true));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (objects, writing) = (running.objects.clone(), Arc::clone(&writing));
            tokio::spawn(async move {
                let mut reads = 0;
                while writing.load(Ordering::Relaxed) {
                    let bytes = objects.get(BUCKET, "hot").await.unwrap().expect("never absent").bytes;
                    assert!(bytes == body_of(bytes[0]), "{} bytes, of which the first is {}", bytes.len(), bytes[0]);
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for version in 1..200 {
        running.write("hot", &body_of(version)).await;
    }
    writing.store(false, Ordering::Relaxed);
    let reads: usize = join_all(readers).await.into_iter().map(Result::unwrap).sum();
    assert!(reads > 0, "the readers read meanwhile");
}

/// Every version has its own byte and its own length.
fn body_of(version: u8) -> Vec<u8> {
    vec![version; 1 + usize::from(version) * 1499]
}

#[tokio::test]
async fn conditions_are_answered_as_s3_answers_them() {
    let running = Running::start().await;
    let put = async |key: &str, condition: Condition<'_>| {
        running.objects.put(BUCKET, key, Bytes::from_static(b"x"), condition).await.unwrap()
    };
    assert_eq!(put("absent", Condition::IfMatch("\"1\"")).await, Put::Lost);
    let etag = running.write("there", b"first").await;
    assert_eq!(put("there", Condition::IfAbsent).await, Put::Lost);
    assert_eq!(put("there", Condition::IfMatch("\"another\"")).await, Put::Lost);
    assert!(matches!(put("there", Condition::IfMatch(&etag)).await, Put::Done { .. }));
    assert_eq!(put("there", Condition::IfMatch(&etag)).await, Put::Lost);

    let refused = running.sdk().delete_object().bucket(BUCKET).key("there").if_match(&etag).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("PreconditionFailed"));
    assert!(running.read("there").await.is_some());
    running.objects.delete(BUCKET, "there").await.unwrap();
    running.objects.delete(BUCKET, "there").await.unwrap();
    assert_eq!(running.read("there").await, None);
    assert!(matches!(put("there", Condition::IfAbsent).await, Put::Done { .. }));
}

#[tokio::test]
async fn a_reader_that_has_the_version_is_told_it_is_unchanged() {
    let running = Running::start().await;
    let fetch = async |etag: Option<&str>| running.objects.get_at_most(BUCKET, "pointer", etag, 3).await.unwrap();
    assert_eq!(fetch(None).await, Fetched::Absent);
    assert_eq!(fetch(Some("\"0\"")).await, Fetched::Absent);
    let first = running.write("pointer", b"one").await;
    assert_eq!(fetch(Some(&first)).await, Fetched::Unchanged);
    running.write("pointer", b"two").await;
    let Fetched::New(object) = fetch(Some(&first)).await else { panic!("the object has changed") };
    assert_eq!(object.bytes, "two");
    assert_eq!(fetch(Some(&object.etag)).await, Fetched::Unchanged);
}
