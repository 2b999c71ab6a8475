//! Clients that are pointed elsewhere in place: what was under way ends at once, what comes later goes to the new place.

use std::time::{Duration, Instant};

use bytes::Bytes;
use flts::embedded::{Broker, Credentials, Store};
use flts::kafka::{Producer, SendError};
use flts::storage::{Condition, ObjectStore, ObjectStoreConfig};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use tokio::net::TcpListener;

const LONGEST: Duration = Duration::from_secs(30);

fn at(endpoint: String, secret: &str) -> ObjectStoreConfig {
    ObjectStoreConfig::at(endpoint, "flts", secret)
}

async fn store(folder: &std::path::Path, secret: &str) -> (Store, ObjectStoreConfig) {
    let credentials = Credentials { access_key: "flts".into(), secret_key: secret.into() };
    let store = Store::start(folder, "127.0.0.1:0".parse().unwrap(), credentials).await.unwrap();
    let config = at(format!("http://{}", store.addr()), secret);
    (store, config)
}

#[tokio::test]
async fn a_call_to_a_store_that_never_answers_ends_when_the_client_is_redirected() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let objects = ObjectStore::new(at(format!("http://{}", silent.local_addr().unwrap()), "old"));
    let caller = objects.clone();
    let call = tokio::spawn(async move { caller.get("bucket", "key").await });
    let (_connection, _) = silent.accept().await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let (_store, config) = store(folder.path(), "new").await;
    let redirected = Instant::now();
    objects.redirect(config);
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is_outage() && error.to_string().contains("came back elsewhere"), "{error}");
    // far less than the 20 s that an answer is waited for
    assert!(redirected.elapsed() < Duration::from_secs(5), "{:?}", redirected.elapsed());
    objects.ensure_bucket("bucket").await.unwrap();
    objects.put("bucket", "key", Bytes::from_static(b"value"), Condition::IfAbsent).await.unwrap();
    assert_eq!(&objects.get("bucket", "key").await.unwrap().unwrap().bytes[..], b"value");
}

#[tokio::test]
async fn every_clone_follows_a_store_that_comes_back_with_other_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (first, config) = store(folder.path(), "first").await;
    let objects = ObjectStore::new(config);
    let clone = objects.clone();
    objects.ensure_bucket("bucket").await.unwrap();
    objects.put("bucket", "key", Bytes::from_static(b"value"), Condition::Always).await.unwrap();
    first.stop().await;
    assert!(clone.get("bucket", "key").await.unwrap_err().is_outage());

    let (_second, config) = store(folder.path(), "second").await;
    objects.redirect(config);
    assert_eq!(&clone.get("bucket", "key").await.unwrap().unwrap().bytes[..], b"value");
}

#[tokio::test]
async fn records_go_to_the_new_broker_and_those_left_behind_are_told() {
    let gone = Broker::start(&["news"], 1).unwrap().bootstrap_servers();
    let producer = Producer::new(&gone, &[]).unwrap();
    let clone = producer.clone();
    let left_behind = producer.start_send("news", None, b"old").unwrap();

    let broker = Broker::start(&["news"], 1).unwrap();
    producer.redirect(&broker.bootstrap_servers(), &[]).unwrap();
    let told = tokio::time::timeout(LONGEST / 2, left_behind).await.expect("long before the delivery timeout");
    assert!(matches!(told, Err(SendError::Undelivered { .. })), "{told:?}");
    clone.send("news", None, b"new".to_vec()).await.unwrap();
    assert_eq!(first_record(&broker), b"new");
}

#[tokio::test]
async fn without_a_broker_a_record_fails_at_once_and_says_what_to_set() {
    let producer = Producer::without_broker();
    let error = producer.send("news", None, Vec::new()).await.unwrap_err();
    assert!(!producer.has_broker() && error.to_string().contains("set KAFKA_BOOTSTRAP_SERVERS"), "{error}");
}

fn first_record(broker: &Broker) -> Vec<u8> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("group.id", "reader")
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("news", 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + LONGEST;
    while Instant::now() < deadline {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            return message.payload().unwrap().to_vec();
        }
    }
    panic!("no record within {LONGEST:?}")
}
