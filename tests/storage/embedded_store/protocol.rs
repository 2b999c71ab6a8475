//! Signatures, checksums, ranges, starting and stopping.

use std::fs;
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use flts::embedded::{Credentials, Store};
use flts::storage::Condition;
use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fixture::*;

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let running = Running::start().await;
    running.write("private", b"private").await;
    let stranger = client(running.store.addr(), "a wrong secret");
    for error in [
        stranger.get(BUCKET, "private").await.unwrap_err(),
        stranger.put(BUCKET, "private", Bytes::new(), Condition::Always).await.unwrap_err(),
        stranger.ensure_bucket("mine").await.unwrap_err(),
    ] {
        assert!(!error.is_outage());
        assert!(error.to_string().contains("403"), "{error}");
        assert!(!error.to_string().contains(SECRET), "{error}");
    }
    let unsigned = reqwest::get(format!("http://{}/{BUCKET}/private", running.store.addr())).await.unwrap();
    assert_eq!(unsigned.status(), 403);
    assert_eq!(running.read("private").await.unwrap(), "private");
}

#[tokio::test]
async fn a_wrong_checksum_leaves_the_old_object() {
    let running = Running::start().await;
    running.write("key", b"old").await;
    let sdk = running.sdk();
    let put = || sdk.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"new"));
    let wrong_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let errors = [
        put().checksum_crc32("AAAAAA==").send().await.unwrap_err(),
        put().checksum_crc32_c("AAAAAA==").send().await.unwrap_err(),
        put().checksum_sha256(wrong_sha256).send().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Some("BadDigest"), "{error:?}");
    }
    let wrong_md5 = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await.unwrap_err();
    assert_eq!(wrong_md5.code(), Some("BadDigest"));
    let no_md5 = put().content_md5("not an md5").send().await.unwrap_err();
    assert_eq!(no_md5.code(), Some("InvalidDigest"));
    assert_eq!(running.read("key").await.unwrap(), "old");
    assert!(files_under(&running.root().join("tmp")).is_empty(), "refused bodies leave nothing behind");
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let running = Running::start().await;
    let mut connection = TcpStream::connect(running.store.addr()).await.unwrap();
    let head =
        format!("PUT /{BUCKET}/key HTTP/1.1\r\nHost: {}\r\nContent-Length: 20000000\r\n\r\n", running.store.addr());
    connection.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        connection.write_all(&[b'x'; 1_000_000]).await.expect("the store takes the whole body in");
    }
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403", "the request is not signed");
}

#[tokio::test]
async fn a_client_that_asked_before_sending_is_told_that_its_connection_ends() {
    let running = Running::start().await;
    let mut connection = TcpStream::connect(running.store.addr()).await.unwrap();
    let head = format!("PUT /{BUCKET}/key HTTP/1.1\r\nHost: {}\r\nContent-Length: 20000000", running.store.addr());
    connection.write_all(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn an_unsigned_list_of_deletions_is_refused_before_its_body_is_read() {
    let running = Running::start().await;
    let mut connection = TcpStream::connect(running.store.addr()).await.unwrap();
    let head = format!("POST /{BUCKET}?delete HTTP/1.1\r\nHost: {}\r\nContent-Length: 8000000", running.store.addr());
    connection.write_all(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 403");
}

#[tokio::test]
async fn a_list_of_deletions_above_the_limit_is_refused() {
    let running = Running::start().await;
    running.write("a", b"x").await;
    let key = "k".repeat(1000);
    let named = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let objects = std::iter::once(named("a")).chain((0..9_000).map(|_| named(&key))).collect();
    let list = Delete::builder().set_objects(Some(objects)).build().unwrap();
    let refused = running.sdk().delete_objects().bucket(BUCKET).delete(list).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("MaxMessageLengthExceeded"));
    assert!(running.read("a").await.is_some());
}

#[tokio::test]
async fn a_damaged_list_of_deletions_deletes_nothing() {
    let running = Running::start().await;
    running.write("a", b"x").await;
    let object = ObjectIdentifier::builder().key("a").build().unwrap();
    let list = Delete::builder().objects(object).build().unwrap();
    let sdk = running.sdk();
    for (header, value, code) in [
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
        ("content-md5", "not an md5", "InvalidDigest"),
    ] {
        let delete = sdk.delete_objects().bucket(BUCKET).delete(list.clone()).customize();
        let damaged = delete.mutate_request(move |request| {
            request.headers_mut().insert(header, value);
        });
        assert_eq!(damaged.send().await.unwrap_err().code(), Some(code), "{header}");
    }
    assert!(running.read("a").await.is_some());
}

#[tokio::test]
async fn every_checksum_of_the_sdk_is_accepted_and_given_back() {
    use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
    let running = Running::start().await;
    let sdk = running.sdk();
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        let body = ByteStream::from(vec![b'x'; 200_000]);
        let put = sdk.put_object().bucket(BUCKET).key(algorithm).body(body);
        put.checksum_algorithm(ChecksumAlgorithm::from(algorithm)).send().await.unwrap();
        let get = sdk.get_object().bucket(BUCKET).key(algorithm).checksum_mode(ChecksumMode::Enabled);
        let reply = get.send().await.unwrap();
        assert!(reply.checksum_crc32().is_some(), "every object has a crc32");
        assert_eq!(reply.body.collect().await.unwrap().into_bytes(), vec![b'x'; 200_000]);
    }
}

#[tokio::test]
async fn a_file_streamed_with_a_trailing_checksum_arrives_whole() {
    let running = Running::start().await;
    let file = running.folder.path().join("file");
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|i| i.to_le_bytes()[i as usize % 3]).collect();
    fs::write(&file, &bytes).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    running.sdk().put_object().bucket(BUCKET).key("streamed").body(body).send().await.unwrap();
    assert_eq!(running.read("streamed").await.unwrap(), bytes);
}

#[tokio::test]
async fn ranges_and_heads_are_answered() {
    let running = Running::start().await;
    let etag = running.write("digits", b"0123456789").await;
    let sdk = running.sdk();
    for (range, expected) in [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89"), ("bytes=8-99", "89")] {
        let reply = sdk.get_object().bucket(BUCKET).key("digits").range(range).send().await.unwrap();
        assert!(reply.content_range().unwrap().ends_with("/10"));
        assert_eq!(reply.body.collect().await.unwrap().into_bytes(), expected, "{range}");
    }
    let beyond = sdk.get_object().bucket(BUCKET).key("digits").range("bytes=10-").send().await.unwrap_err();
    assert_eq!(beyond.raw_response().unwrap().status().as_u16(), 416);
    let head = sdk.head_object().bucket(BUCKET).key("digits").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(10), Some(etag.as_str())));
    let absent = sdk.head_object().bucket(BUCKET).key("none").send().await.unwrap_err();
    assert_eq!(absent.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn what_is_not_offered_says_so() {
    let running = Running::start().await;
    let sdk = running.sdk();
    let acl = sdk.get_object_acl().bucket(BUCKET).key("key").send().await.unwrap_err();
    assert_eq!((acl.code(), acl.raw_response().unwrap().status().as_u16()), (Some("NotImplemented"), 501));
    let tagged = sdk.put_object().bucket(BUCKET).key("key").tagging("a=b").send().await.unwrap_err();
    assert_eq!(tagged.code(), Some("NotImplemented"));
    assert_eq!(running.read("key").await, None);
}

#[tokio::test]
async fn a_stopped_store_is_an_outage_and_frees_its_address() {
    let Running { folder, store, objects } = Running::start().await;
    objects.put(BUCKET, "key", Bytes::from_static(b"x"), Condition::Always).await.unwrap();
    let addr = store.addr();
    store.stop().await;
    assert!(objects.get(BUCKET, "key").await.unwrap_err().is_outage());
    let created = objects.put(BUCKET, "new", Bytes::new(), Condition::IfAbsent).await;
    assert!(created.unwrap_err().is_outage());

    let credentials = Credentials { access_key: ACCESS.into(), secret_key: SECRET.into() };
    let store = Store::start(&folder.path().join("store"), addr, credentials).await.unwrap();
    assert_eq!(objects.get(BUCKET, "key").await.unwrap().unwrap().bytes, "x");
    store.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_start_says_why() {
    let running = Running::start().await;
    let credentials = || Credentials { access_key: ACCESS.into(), secret_key: SECRET.into() };
    let other = tempfile::tempdir().unwrap();
    let taken = Store::start(other.path(), running.store.addr(), credentials()).await.err().unwrap();
    assert!(taken.to_string().contains("cannot listen on"), "{taken}");
    let file = other.path().join("file");
    fs::write(&file, b"not a folder").unwrap();
    let no_folder = Store::start(&file, "127.0.0.1:0".parse().unwrap(), credentials()).await.err().unwrap();
    assert!(no_folder.to_string().contains("cannot open"), "{no_folder}");
}

#[test]
fn a_call_does_not_wait_for_the_runtime_that_made_its_connection() {
    let main = tokio::runtime::Runtime::new().unwrap();
    let running = main.block_on(Running::start());
    // A runtime of its own, as an actor has: it connects, and then nobody drives it any more.
    let stuck = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    stuck.block_on(async {
        join_all((0..4).map(|_| running.write("key", b"x"))).await;
    });
    let read = main.block_on(async { tokio::time::timeout(Duration::from_secs(10), running.read("key")).await });
    assert_eq!(read.expect("the connection is driven").unwrap(), "x");
}
