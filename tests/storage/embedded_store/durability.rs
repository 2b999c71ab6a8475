//! What survives: restarts, kill -9, damaged and unfinished files.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use flts::storage::{Condition, Put};
use futures::future::join_all;
use tokio::io::AsyncWriteExt;

use super::fixture::*;

#[tokio::test]
async fn a_reopened_store_finds_everything() {
    let running = Running::start().await;
    let etag = running.write("a/1", b"one").await;
    running.write("a/2", &vec![7; 3_000_000]).await;
    running.write("a/empty", b"").await;
    running.write("a/gone", b"gone").await;
    running.objects.delete(BUCKET, "a/gone").await.unwrap();
    let before = running.objects.list(BUCKET, "").await.unwrap();

    let running = running.reopen().await;
    assert_eq!(running.objects.list(BUCKET, "").await.unwrap(), before);
    assert_eq!(running.objects.get(BUCKET, "a/1").await.unwrap().unwrap().etag, etag);
    assert_eq!(running.read("a/2").await.unwrap(), vec![7; 3_000_000]);
    assert_eq!(running.read("a/empty").await.unwrap(), "");
    assert_eq!(running.read("a/gone").await, None);
    let put = running.objects.put(BUCKET, "a/1", Bytes::new(), Condition::IfAbsent).await.unwrap();
    assert_eq!(put, Put::Lost);
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "embedded_store::durability::a_child_that_writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("STORE_FOLDER", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // Other words of the test runner may stand before the first one on a line.
    let mut acknowledged = lines.filter_map(|line| Some(line.split_once("acknowledged ")?.1.to_owned()));
    let keys: Vec<String> = acknowledged.by_ref().take(100).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let keys: Vec<String> = keys.into_iter().chain(acknowledged).collect();
    assert!(keys.len() >= 100, "the child wrote {} objects", keys.len());

    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_store, objects) = open(folder.path()).await;
        for key in keys {
            let object = objects.get(BUCKET, &key).await.unwrap();
            assert_eq!(object.expect("an acknowledged object is there").bytes, key.repeat(1000));
        }
        assert!(files_under(&folder.path().join("store/tmp")).is_empty());
        assert!(files_under(&folder.path().join("store/quarantine")).is_empty());
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs only as the child of what_was_acknowledged_survives_kill_9"]
async fn a_child_that_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os("STORE_FOLDER") else { return };
    let (_store, objects) = open(Path::new(&folder)).await;
    let writers = (0..4).map(|writer| {
        let objects = objects.clone();
        tokio::spawn(async move {
            for number in 0..10_000 {
                let key = format!("{writer}-{number}");
                let body = Bytes::from(key.repeat(1000));
                objects.put(BUCKET, &key, body, Condition::IfAbsent).await.unwrap();
                println!("acknowledged {key}");
            }
        })
    });
    join_all(writers).await;
}

#[tokio::test]
async fn an_unfinished_temporary_file_disappears_at_start() {
    let running = Running::start().await;
    running.write("kept", b"kept").await;
    let unfinished = running.root().join("tmp/unfinished");
    fs::write(&unfinished, b"half a body").unwrap();
    let running = running.reopen().await;
    assert!(!unfinished.exists());
    assert_eq!(running.keys("").await, ["kept"]);
}

#[tokio::test]
async fn an_unfinished_upload_ends_with_the_store() {
    let running = Running::start().await;
    let sdk = running.sdk();
    let begun = sdk.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap();
    let id = begun.upload_id.unwrap();
    let part = sdk.upload_part().bucket(BUCKET).key("big").upload_id(&id).part_number(1);
    part.body(ByteStream::from_static(b"a part")).send().await.unwrap();
    assert_eq!(files_under(&running.root().join("tmp")).len(), 1);

    let running = running.reopen().await;
    assert!(files_under(&running.root().join("tmp")).is_empty());
    let gone = running.sdk().list_parts().bucket(BUCKET).key("big").upload_id(id).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchUpload"));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let running = Running::start().await;
    let mut connection = tokio::net::TcpStream::connect(running.store.addr()).await.unwrap();
    let signed = running.sdk().put_object().bucket(BUCKET).key("half");
    let signed = signed.presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()).await.unwrap();
    let (_, path) = signed.uri().split_once(&running.store.addr().to_string()).unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 9000000\r\n\r\n", running.store.addr());
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
    let temporary = || files_under(&running.root().join("tmp"));
    until(|| temporary().first().is_some_and(|file| file.metadata().is_ok_and(|it| it.len() > 500_000))).await;
    drop(connection);
    until(|| temporary().is_empty()).await;
    assert_eq!(running.read("half").await, None);
}

/// Waits for files to change, which nothing tells.
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the files change within 30 s");
}

#[tokio::test]
async fn a_cut_off_file_is_set_aside_at_start() {
    let running = Running::start().await;
    running.write("whole", b"whole body").await;
    running.write("cut", b"cut body").await;
    let file = running.file_with(b"cut body");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 5]).unwrap();

    let running = running.reopen().await;
    assert_eq!(running.read("cut").await, None);
    assert_eq!(running.keys("").await, ["whole"]);
    assert_eq!(running.read("whole").await.unwrap(), "whole body");
    let kept = files_under(&running.root().join("quarantine"));
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read(&kept[0]).unwrap(), &bytes[..bytes.len() - 5]);
    running.write("cut", b"written again").await;
    assert_eq!(running.read("cut").await.unwrap(), "written again");
}

#[tokio::test]
async fn a_damaged_body_is_never_served() {
    let running = Running::start().await;
    running.write("damaged", b"a body that rots").await;
    flip_first_byte(&running.file_with(b"a body that rots"));
    // The running store has checked this body already; the reader's own check catches it.
    let error = running.objects.get(BUCKET, "damaged").await.unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");

    // A store that finds it at start checks it before the first byte.
    let running = running.reopen().await;
    assert_eq!(running.read("damaged").await, None);
    assert!(running.keys("").await.is_empty());
    assert_eq!(files_under(&running.root().join("quarantine")).len(), 1);
}

#[tokio::test]
async fn a_file_that_lies_under_another_objects_name_is_set_aside() {
    let running = Running::start().await;
    running.write("one", b"body of one").await;
    running.write("two", b"body of two").await;
    fs::copy(running.file_with(b"body of one"), running.file_with(b"body of two")).unwrap();
    let running = running.reopen().await;
    assert_eq!(running.read("two").await, None);
    assert_eq!(running.read("one").await.unwrap(), "body of one");
}
