//! Writes whose answers are lost, large objects, and bodies that arrive broken: told as what they came to, and never as somebody else's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flts::storage::{
    Condition, ObjectError, ObjectStore, ObjectStoreConfig, PassedOver, Put, StoreFault, StoreObserver, StoreOperation,
    StorePatience,
};

use crate::common::any_store::AnyStore;
use crate::common::lossy::{Fault, Lossy};
use crate::common::wire;

const BUCKET: &str = "bucket";
const MIB: usize = 1 << 20;

/// A store, the way to it, and a client that takes this way.
struct World {
    _store: AnyStore,
    way: Lossy,
    objects: ObjectStore,
    /// A client that loses nothing.
    sure: ObjectStore,
}

impl World {
    async fn start() -> Self {
        let store = AnyStore::start().await;
        let way = Lossy::before(&store.endpoint()).await;
        let config = ObjectStoreConfig { endpoint_url: Some(way.endpoint.clone()), ..store.config() };
        let (objects, sure) = (ObjectStore::new(config.waiting(quick())), store.client());
        sure.ensure_bucket(BUCKET).await.unwrap();
        Self { _store: store, way, objects, sure }
    }

    async fn bytes(&self, key: &str) -> Option<Bytes> {
        self.sure.get(BUCKET, key).await.unwrap().map(|object| object.bytes)
    }

    async fn put(&self, key: &str, text: &'static str, condition: Condition<'_>) -> Result<Put, ObjectError> {
        self.objects.put(BUCKET, key, Bytes::from_static(text.as_bytes()), condition).await
    }
}

/// Long enough for a busy machine, and short enough for an answer that never comes.
fn quick() -> StorePatience {
    StorePatience { read: Duration::from_secs(3), ..StorePatience::default() }
}

fn done(end: Result<Put, ObjectError>) -> String {
    match end.unwrap() {
        Put::Done { etag } => etag,
        Put::Lost => panic!("our own write is told as somebody else's"),
    }
}

/// Bytes that are no repetition, so that parts in a wrong order would show.
fn large(bytes: usize) -> Bytes {
    (0..bytes / 8).flat_map(|word| (word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_is_lost_is_told_as_ours_if_our_bytes_are_there() {
    let world = World::start().await;
    for (number, fault) in [Fault::AnswerLost, Fault::AnswerReplaced, Fault::RequestLost].into_iter().enumerate() {
        let key = format!("key-{number}");
        world.way.lose("PUT", "key-", fault);
        let etag = done(world.put(&key, "created", Condition::IfAbsent).await);
        world.way.lose("PUT", "key-", fault);
        let newer = done(world.put(&key, "replaced", Condition::IfMatch(&etag)).await);
        assert_eq!(world.bytes(&key).await.unwrap(), "replaced", "{fault:?}");
        assert_eq!(world.sure.get(BUCKET, &key).await.unwrap().unwrap().etag, newer, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_is_lost_is_lost_if_other_bytes_are_there() {
    let world = World::start().await;
    world.sure.put(BUCKET, "theirs", Bytes::from_static(b"theirs"), Condition::Always).await.unwrap();
    world.way.lose("PUT", "theirs", Fault::AnswerLost);
    assert_eq!(world.put("theirs", "ours", Condition::IfAbsent).await.unwrap(), Put::Lost);
    let version = "\"00000000000000000000000000000000\"";
    world.way.lose("PUT", "theirs", Fault::AnswerLost);
    assert_eq!(world.put("theirs", "ours", Condition::IfMatch(version)).await.unwrap(), Put::Lost);
    assert_eq!(world.bytes("theirs").await.unwrap(), "theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_falls_silent_is_an_outage_within_its_time_limits() {
    let world = World::start().await;
    for _ in 0..2 {
        world.way.lose("PUT", "silent", Fault::Silence);
        world.way.lose("GET", "silent", Fault::Silence);
    }
    let error = world.put("silent", "ours", Condition::IfAbsent).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    assert_eq!(world.way.count("PUT", "silent"), 1, "nobody knows what became of it, so that it is not sent again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_object_is_written_in_parts_and_comes_back_as_it_was() {
    let world = World::start().await;
    let (small, bytes) = (large(16 * MIB), large(24 * MIB + 8));
    done(world.objects.put(BUCKET, "small", small.clone(), Condition::Always).await);
    assert_eq!(world.way.count("PUT", "partNumber"), 0, "16 MiB go in one piece");
    let etag = done(world.objects.put(BUCKET, "large", bytes.clone(), Condition::IfAbsent).await);
    assert_eq!(world.way.count("PUT", "partNumber"), 4);
    assert!(world.bytes("large").await.unwrap() == bytes && world.bytes("small").await.unwrap() == small);

    let other = large(17 * MIB);
    let lost = world.objects.put(BUCKET, "large", other.clone(), Condition::IfAbsent).await.unwrap();
    assert_eq!(lost, Put::Lost);
    let lost = world.objects.put(BUCKET, "large", other.clone(), Condition::IfMatch("\"0\"")).await.unwrap();
    assert_eq!(lost, Put::Lost);
    assert_eq!(world.way.count("DELETE", "uploadId"), 2, "the parts of a lost write are removed");
    assert!(world.bytes("large").await.unwrap() == bytes);
    done(world.objects.put(BUCKET, "large", other.clone(), Condition::IfMatch(&etag)).await);
    assert!(world.bytes("large").await.unwrap() == other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_an_upload_whose_answer_is_lost_is_told_as_what_it_came_to() {
    let world = World::start().await;
    let bytes = large(17 * MIB);
    for (number, fault) in [Fault::AnswerLost, Fault::AnswerReplaced, Fault::RequestLost].into_iter().enumerate() {
        for condition in [Condition::Always, Condition::IfAbsent] {
            let key = format!("upload-{number}-{}", condition == Condition::Always);
            world.way.lose("POST", "uploadId", fault);
            done(world.objects.put(BUCKET, &key, bytes.clone(), condition).await);
            assert!(world.bytes(&key).await.unwrap() == bytes, "{fault:?}");
        }
    }
    assert_eq!(world.way.count("DELETE", "uploadId"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_lost_is_sent_again_and_an_upload_that_fails_leaves_nothing() {
    let world = World::start().await;
    world.way.lose("PUT", "partNumber=2", Fault::RequestLost);
    let bytes = large(17 * MIB);
    done(world.objects.put(BUCKET, "key", bytes.clone(), Condition::Always).await);
    assert!(world.bytes("key").await.unwrap() == bytes);
    world.way.lose("PUT", "partNumber=1", Fault::UploadGone);
    let error = world.objects.put(BUCKET, "gone", bytes.clone(), Condition::Always).await.unwrap_err();
    assert!(error.is_outage(), "the whole of it may be tried again: {error}");
    (0..3).for_each(|_| world.way.lose("PUT", "partNumber=1", Fault::RequestLost));
    let error = world.objects.put(BUCKET, "other", bytes, Condition::Always).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    assert_eq!(world.way.count("DELETE", "other?"), 1, "its parts are removed");
    assert_eq!(world.bytes("other").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_breaks_off_is_read_again() {
    let world = World::start().await;
    done(world.put("key", "the whole of it", Condition::Always).await);
    (0..2).for_each(|_| world.way.lose("GET", "key", Fault::AnswerCut));
    assert_eq!(world.objects.get(BUCKET, "key").await.unwrap().unwrap().bytes, "the whole of it");
    (0..3).for_each(|_| world.way.lose("GET", "key", Fault::AnswerCut));
    assert!(world.objects.get(BUCKET, "key").await.unwrap_err().is_outage());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_with_another_checksum_is_damaged_and_no_outage() {
    let addr = wire::serve(async |_| {
        let checksum = "x-amz-checksum-crc32: AAAAAA==\r\nx-amz-checksum-type: FULL_OBJECT\r\netag: \"1\"\r\n";
        Some(wire::answer(200, checksum, b"other bytes"))
    })
    .await;
    let objects = ObjectStore::new(ObjectStoreConfig::at(format!("http://{addr}"), "a", "b"));
    let error = objects.get(BUCKET, "key").await.unwrap_err();
    assert!(matches!(error, ObjectError::Damaged { .. }) && !error.is_outage(), "{error}");
    assert!(error.to_string().contains("checksum"), "{error}");
}

/// Keeps what it is told.
#[derive(Default)]
struct Notes(Mutex<Vec<(StoreOperation, Option<StoreFault>)>>);

impl StoreObserver for Notes {
    fn called(&self, operation: StoreOperation, _: Duration, fault: Option<StoreFault>) {
        self.0.lock().unwrap().push((operation, fault));
    }

    fn passed_over(&self, _: PassedOver) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_hears_of_every_call_and_of_no_answer_as_a_failure() {
    let world = World::start().await;
    let notes = Arc::new(Notes::default());
    world.objects.observe(notes.clone());
    let heard = || std::mem::take(&mut *notes.0.lock().unwrap());
    done(world.put("key", "text", Condition::IfAbsent).await);
    assert_eq!(world.put("key", "text", Condition::IfAbsent).await.unwrap(), Put::Lost);
    world.objects.get(BUCKET, "absent").await.unwrap();
    world.objects.list(BUCKET, "").await.unwrap();
    world.objects.delete(BUCKET, "key").await.unwrap();
    use StoreOperation::{Bucket, Delete, Get, List, Put as Write, Upload};
    let good = [(Write, None), (Write, None), (Get, None), (List, None), (Delete, None)];
    assert_eq!(heard(), good);
    world.objects.get("no-such-bucket", "key").await.unwrap_err();
    world.way.lose("PUT", "key", Fault::AnswerReplaced);
    done(world.put("key", "text", Condition::IfAbsent).await);
    world.objects.check_health(BUCKET).await;
    let failed =
        [(Get, Some(StoreFault::Refused)), (Write, Some(StoreFault::ServerError)), (Get, None), (Bucket, None)];
    assert_eq!(heard(), failed);
    done(world.objects.put(BUCKET, "large", large(17 * MIB), Condition::Always).await);
    assert_eq!(heard(), [(Upload, None); 5], "begun, three parts, completed");
}
