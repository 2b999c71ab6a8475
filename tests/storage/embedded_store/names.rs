//! Keys, buckets and listings.

use std::fs;

use bytes::Bytes;
use flts::storage::{Condition, ObjectError};
use futures::future::join_all;

use super::fixture::*;

#[tokio::test]
async fn odd_keys_are_ordinary_names() {
    let running = Running::start().await;
    let long = "k".repeat(900);
    let keys = [
        "a",
        "a/b",
        "a//b",
        "a/",
        "/a",
        "../../x",
        "..",
        ".",
        "a/../b",
        " a ",
        "a+b&c=d?e#f%2F",
        "ü/日本 語/🦀",
        "\\",
        "<&>\"'",
        long.as_str(),
    ];
    for key in keys {
        running.write(key, format!("body of {key}").as_bytes()).await;
    }
    let running = running.reopen().await;
    for key in keys {
        assert_eq!(running.read(key).await.as_deref(), Some(format!("body of {key}").as_bytes()), "{key}");
    }
    let mut sorted = keys.map(str::to_owned);
    sorted.sort_unstable();
    assert_eq!(running.keys("").await, sorted);
    let outside: Vec<_> =
        fs::read_dir(running.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["store"], "no key reaches outside the store's folder");
    for key in keys {
        running.objects.delete(BUCKET, key).await.unwrap();
    }
    assert!(running.keys("").await.is_empty());
}

#[tokio::test]
async fn a_key_that_cannot_be_stored_is_refused() {
    let running = Running::start().await;
    for key in ["k".repeat(1025), "line\nbreak".to_owned()] {
        let error = running.objects.put(BUCKET, &key, Bytes::new(), Condition::Always).await.unwrap_err();
        assert!(!error.is_outage(), "{error}");
    }
    assert!(running.keys("").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_goes_on_past_a_thousand_objects() {
    let running = Running::start().await;
    let expected: Vec<String> = (0..2_050).map(|number| format!("many/{number:05}")).collect();
    for keys in expected.chunks(50) {
        join_all(keys.iter().map(|key| running.write(key, b"x"))).await;
    }
    running.write("other", b"x").await;
    assert_eq!(running.keys("many/").await, expected);
    assert_eq!(running.keys("many/0204").await.len(), 10);
    assert_eq!(running.keys("none").await.len(), 0);
    let entry = &running.objects.list(BUCKET, "other").await.unwrap()[0];
    assert_eq!((entry.size, &entry.etag), (1, &running.objects.get(BUCKET, "other").await.unwrap().unwrap().etag));
}

#[tokio::test]
async fn a_listing_with_a_delimiter_tells_folders_page_by_page() {
    let running = Running::start().await;
    for key in ["a/1", "a/2", "b", "c/1/x", "c/2"] {
        running.write(key, b"").await;
    }
    let sdk = running.sdk();
    let mut pages = sdk.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(1).into_paginator().send();
    let mut told = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        told.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        told.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(told, ["a/", "b", "c/"]);
}

#[tokio::test]
async fn buckets_are_created_once_and_missed_clearly() {
    let running = Running::start().await;
    join_all((0..8).map(|_| running.objects.ensure_bucket("fresh"))).await.into_iter().for_each(Result::unwrap);
    let mistakes = [
        running.objects.get("missing", "key").await.unwrap_err(),
        running.objects.put("missing", "key", Bytes::new(), Condition::IfMatch("\"1\"")).await.unwrap_err(),
        running.objects.list("missing", "").await.unwrap_err(),
        running.objects.delete("missing", "key").await.unwrap_err(),
    ];
    for error in mistakes {
        assert!(matches!(error, ObjectError::NoSuchBucket { .. }), "{error}");
        assert!(!error.is_outage());
    }
}
