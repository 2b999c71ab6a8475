//! What the embedded broker promises, seen through the Kafka client that the node uses.

use std::time::{Duration, Instant};

use flts::embedded::Broker;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message};

const DEADLINE: Duration = Duration::from_secs(20);

fn produce(broker: &Broker, topic: &str, payloads: &[&str]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
    for payload in payloads {
        producer.send(BaseRecord::to(topic).key("key").payload(*payload)).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(DEADLINE).unwrap();
}

fn member(broker: &Broker, group: &str, topic: &str) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("group.id", group)
        .set("session.timeout.ms", "4000")
        .set("heartbeat.interval.ms", "500")
        .set("fetch.wait.max.ms", "10")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

/// The next record's payload; fails the test after the deadline.
fn next(consumer: &BaseConsumer) -> String {
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        if let Some(record) = consumer.poll(Duration::from_millis(100)) {
            let record = record.unwrap();
            consumer.commit_message(&record, CommitMode::Sync).unwrap();
            return String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
        }
    }
    panic!("no record came within {DEADLINE:?}");
}

#[test]
fn a_record_produced_is_consumed_and_its_commit_is_kept() {
    let broker = Broker::start(&["training-data"], 1).unwrap();
    produce(&broker, "training-data", &["first", "second"]);
    let consumer = member(&broker, "train-gru", "training-data");
    assert_eq!(next(&consumer), "first");
    drop(consumer);
    let successor = member(&broker, "train-gru", "training-data");
    assert_eq!(next(&successor), "second");
}

#[test]
fn every_topic_exists_before_the_first_client_with_the_partitions_asked_for() {
    let topics = ["training-data", "inference-data", "model-training", "model-selected"];
    let broker = Broker::start(&topics, 1).unwrap();
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), DEADLINE).unwrap();
        assert_eq!(metadata.topics()[0].partitions().len(), 1, "{topic}");
    }
    assert!(broker.bootstrap_servers().starts_with("127.0.0.1:"), "{}", broker.bootstrap_servers());
}

#[test]
fn two_brokers_stand_side_by_side_and_move_between_threads() {
    let one = Broker::start(&["t"], 1).unwrap();
    let two = std::thread::spawn(|| Broker::start(&["t"], 1).unwrap()).join().unwrap();
    assert_ne!(one.bootstrap_servers(), two.bootstrap_servers());
    drop(one);
    produce(&two, "t", &["still here"]);
    assert_eq!(next(&member(&two, "g", "t")), "still here");
}

#[test]
fn a_topic_that_cannot_be_created_is_named() {
    let error = Broker::start(&["good", "good"], 1).err().unwrap();
    assert!(error.to_string().contains("cannot create topic good"), "{error}");
}
