//! Clients of S3 that create, overwrite, copy and delete at the same time, mostly in the same folder of the disk.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use bytes::Bytes;
use flts::embedded::{FileOperation, Store};
use futures::future::join_all;
use sha2::{Digest, Sha256};

use super::super::fixture::*;
use super::history::{Change, Log, Subject};
use super::scratch;

const CLIENTS: usize = 3;
const SHARED: &str = "shared";
/// A sync takes its time, so that others have the chance to do something wrong meanwhile.
const SYNC_TAKES: Duration = Duration::from_millis(2);
/// That of a bucket's folder takes so long that an object could be acknowledged before its own folder is durable.
const BUCKET_SYNC_TAKES: Duration = Duration::from_millis(15);

/// Runs all clients to their end and gives the log of it.
pub async fn run() -> Log {
    let log = Log::default();
    let base = scratch();
    let keep = log.observer(base.path());
    let observer = Arc::new(move |operation: FileOperation<'_>| {
        keep(operation);
        match operation {
            FileOperation::SyncFolder(path) if is_bucket(path) => std::thread::sleep(BUCKET_SYNC_TAKES),
            FileOperation::SyncFile(_) | FileOperation::SyncFolder(_) => std::thread::sleep(SYNC_TAKES),
            _ => {}
        }
    });
    let store = Store::start_observed(&base.path().join("store"), any_port(), credentials(), observer).await.unwrap();
    let sdk = sdk_client(store.addr());
    let recorder = Recorder { log: log.clone(), sdk };
    recorder.create_bucket(SHARED).await;
    let work = join_all((0..CLIENTS).map(|client| one_client(&recorder, client)));
    let readers = join_all((0..CLIENTS).map(|client| one_reader(&recorder, client)));
    tokio::select! {
        _ = work => {}
        _ = readers => unreachable!("readers do not end"),
    }
    store.stop().await;
    log
}

fn is_bucket(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with("buckets"))
}

async fn one_client(recorder: &Recorder, client: usize) {
    let key = |number: usize| key(client, number);
    let body = |version: u8| Bytes::from(vec![version; 20 + usize::from(version) + client]);
    let large = Bytes::from((0..600_000 + client).map(|i| (i / 7) as u8).collect::<Vec<_>>());

    recorder.put(SHARED, &key(0), body(1), If::Nothing).await;
    let etag = recorder.put(SHARED, &key(0), body(2), If::Nothing).await.unwrap();
    recorder.put(SHARED, &key(0), body(3), If::Match(&etag)).await.unwrap();
    assert_eq!(recorder.put(SHARED, &key(0), body(4), If::Match(&etag)).await, None);
    recorder.put(SHARED, &key(1), large.clone(), If::Absent).await.unwrap();
    assert_eq!(recorder.put(SHARED, &key(1), body(5), If::Absent).await, None);

    let own = format!("own-{client}");
    recorder.create_bucket(&own).await;
    recorder.put(&own, &key(0), body(6), If::Absent).await.unwrap();
    recorder.copy(SHARED, &key(1), &own, &key(1), large).await;
    recorder.delete(SHARED, &key(1)).await;
    recorder.put(SHARED, &key(1), body(7), If::Absent).await.unwrap();
    recorder.upload(SHARED, &key(2), Bytes::from(vec![client as u8; 300_000])).await;
    recorder.delete_many(&own, &[key(0), key(1)]).await;
    recorder.delete_bucket(&own).await;
    if client == 0 {
        recorder.create_bucket(&own).await;
        recorder.put(&own, &key(0), body(8), If::Nothing).await;
    }
    recorder.put(SHARED, &key(2), body(9), If::Nothing).await;
}

/// Reads what a client overwrites, until all are done.
async fn one_reader(recorder: &Recorder, client: usize) -> Infallible {
    let subject = (SHARED.to_owned(), Some(key(client, 0)));
    let mut seen = None;
    loop {
        let etag = recorder.read(&subject).await;
        if seen != etag {
            recorder.log.see(subject.clone(), etag.clone());
            seen = etag;
        }
    }
}

/// The keys of all clients lie in two folders that no one has used before.
fn key(client: usize, number: usize) -> String {
    key_in_folder(number % 2, CLIENTS * number + client)
}

/// The `number`th key whose object lies in this folder.
fn key_in_folder(folder: usize, number: usize) -> String {
    let lies_there = |key: &String| usize::from(Sha256::digest(key.as_bytes())[0]) == folder;
    (0..).map(|number| format!("key-{number}")).filter(lies_there).nth(number).unwrap()
}

enum If<'a> {
    Nothing,
    Absent,
    Match(&'a str),
}

/// Makes calls and writes them into the log.
struct Recorder {
    log: Log,
    sdk: Client,
}

impl Recorder {
    async fn create_bucket(&self, bucket: &str) {
        let call = self.log.begin((bucket.to_owned(), None), present(Bytes::new()));
        self.sdk.create_bucket().bucket(bucket).send().await.unwrap();
        self.log.end(call, Some(String::new()));
    }

    async fn delete_bucket(&self, bucket: &str) {
        let call = self.log.begin((bucket.to_owned(), None), Change::Absent);
        self.sdk.delete_bucket().bucket(bucket).send().await.unwrap();
        self.log.end(call, Some(String::new()));
    }

    /// The ETag, or nothing where the condition did not hold.
    async fn put(&self, bucket: &str, key: &str, bytes: Bytes, condition: If<'_>) -> Option<String> {
        let call = self.begin(bucket, key, present(bytes.clone()));
        let put = self.sdk.put_object().bucket(bucket).key(key).body(ByteStream::from(bytes));
        let put = match condition {
            If::Nothing => put,
            If::Absent => put.if_none_match("*"),
            If::Match(etag) => put.if_match(etag),
        };
        let etag = match put.send().await {
            Ok(reply) => reply.e_tag,
            Err(error) => {
                assert_eq!(error.raw_response().unwrap().status().as_u16(), 412, "{error:?}");
                None
            }
        };
        self.log.end(call, etag.clone());
        etag
    }

    async fn read(&self, (bucket, key): &Subject) -> Option<String> {
        match self.sdk.get_object().bucket(bucket).set_key(key.clone()).send().await {
            Ok(reply) => reply.e_tag,
            Err(error) => {
                assert_eq!(error.raw_response().unwrap().status().as_u16(), 404, "{error:?}");
                None
            }
        }
    }

    async fn copy(&self, from_bucket: &str, from: &str, bucket: &str, key: &str, bytes: Bytes) {
        let call = self.begin(bucket, key, present(bytes));
        let copy = self.sdk.copy_object().copy_source(format!("{from_bucket}/{from}")).bucket(bucket).key(key);
        let result = copy.send().await.unwrap().copy_object_result.unwrap();
        self.log.end(call, result.e_tag);
    }

    async fn upload(&self, bucket: &str, key: &str, bytes: Bytes) {
        let call = self.begin(bucket, key, present(bytes.clone()));
        let begun = self.sdk.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
        let id = begun.upload_id.unwrap();
        let part = self.sdk.upload_part().bucket(bucket).key(key).upload_id(&id).part_number(1);
        let etag = part.body(ByteStream::from(bytes)).send().await.unwrap().e_tag;
        let parts = CompletedPart::builder().part_number(1).set_e_tag(etag).build();
        let parts = CompletedMultipartUpload::builder().parts(parts).build();
        let complete = self.sdk.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
        let etag = complete.multipart_upload(parts).send().await.unwrap().e_tag;
        self.log.end(call, etag);
    }

    async fn delete(&self, bucket: &str, key: &str) {
        let call = self.begin(bucket, key, Change::Absent);
        self.sdk.delete_object().bucket(bucket).key(key).send().await.unwrap();
        self.log.end(call, Some(String::new()));
    }

    async fn delete_many(&self, bucket: &str, keys: &[String]) {
        let calls: Vec<_> = keys.iter().map(|key| self.begin(bucket, key, Change::Absent)).collect();
        let object = |key: &String| ObjectIdentifier::builder().key(key).build().unwrap();
        let delete = Delete::builder().set_objects(Some(keys.iter().map(object).collect())).build().unwrap();
        self.sdk.delete_objects().bucket(bucket).delete(delete).send().await.unwrap();
        calls.into_iter().for_each(|call| self.log.end(call, Some(String::new())));
    }

    fn begin(&self, bucket: &str, key: &str, change: Change) -> usize {
        self.log.begin((bucket.to_owned(), Some(key.to_owned())), change)
    }
}

fn present(bytes: Bytes) -> Change {
    Change::Present { bytes, etag: String::new() }
}
