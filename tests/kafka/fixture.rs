//! A broker with topics of a test's own, readers on threads, and a look into the dead-letter topic.
//!
//! The broker is a mock, or the real one of the test program where `FLTS_TEST_KAFKA` names it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use flts::kafka::Producer;
use flts_soak::services::{KAFKA_HOME, Kafka};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

mod dead_letters;
mod reader;

pub use dead_letters::{DeadLetterReader, next_payload, next_record};
pub use reader::Reader;

/// The mock makes a member of a group that is not new wait for most of a session.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A broker with one topic, its dead letters, and a name for every group.
pub struct Bench {
    /// `None` on the real broker.
    mock: Option<MockCluster<'static, DefaultProducerContext>>,
    pub bootstrap_servers: String,
    pub topic: String,
    pub runtime: tokio::runtime::Runtime,
    sender: Producer,
}

/// The real broker of this test program.
pub fn real_broker() -> &'static Mutex<Kafka> {
    static BROKER: OnceLock<Mutex<Kafka>> = OnceLock::new();
    BROKER.get_or_init(|| Mutex::new(Kafka::start().unwrap()))
}

impl Bench {
    /// One partition, on the broker that is there.
    pub fn new() -> Self {
        match std::env::var_os(KAFKA_HOME) {
            Some(_) => Self::real(1),
            None => Self::mocked(),
        }
    }

    /// One partition, on a mock, which can be told to fail.
    pub fn mocked() -> Self {
        let mock = MockCluster::new(1).unwrap();
        mock.create_topic("work", 1, 1).unwrap();
        mock.create_topic("DLQ-work", 1, 1).unwrap();
        let bootstrap_servers = mock.bootstrap_servers();
        Self::on(Some(mock), bootstrap_servers, "work".into())
    }

    /// So many partitions, on the real broker.
    pub fn real(partitions: i32) -> Self {
        let bootstrap_servers = real_broker().lock().unwrap().bootstrap_servers();
        Self::at(bootstrap_servers, partitions)
    }

    /// So many partitions, on a real broker of the test's own.
    pub fn at(bootstrap_servers: String, partitions: i32) -> Self {
        static TOPICS: AtomicUsize = AtomicUsize::new(0);
        let topic = format!("work-{}", TOPICS.fetch_add(1, Ordering::SeqCst));
        create_topics(&bootstrap_servers, &[(&topic, partitions), (&format!("DLQ-{topic}"), 1)]);
        Self::on(None, bootstrap_servers, topic)
    }

    fn on(
        mock: Option<MockCluster<'static, DefaultProducerContext>>,
        bootstrap_servers: String,
        topic: String,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sender = Producer::new(&bootstrap_servers, &owned(&[("message.max.bytes", "4000000")])).unwrap();
        Self { mock, bootstrap_servers, topic, runtime, sender }
    }

    /// The mock, where there is one.
    pub fn cluster(&self) -> &MockCluster<'static, DefaultProducerContext> {
        self.mock.as_ref().expect("the test asked for a mock")
    }

    /// Sends records in this order; each is confirmed before this returns.
    pub fn send(&self, payloads: &[&str]) {
        payloads.iter().for_each(|payload| self.send_bytes(payload.as_bytes()));
    }

    pub fn send_bytes(&self, payload: &[u8]) {
        let sent = self.sender.send(&self.topic, Some("key"), payload.to_vec());
        self.runtime.block_on(sent).unwrap();
    }

    /// A record with a header, or without a value, as only a plain client sends it.
    pub fn send_odd(&self, payload: Option<&[u8]>, header: Option<(&str, &str)>) {
        let client: ThreadedProducer<DefaultProducerContext> = self.client_config().create().unwrap();
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic).key(b"key");
        record.payload = payload;
        if let Some((key, value)) = header {
            record = record.headers(OwnedHeaders::new().insert(Header { key, value: Some(value) }));
        }
        client.send(record).map_err(|(error, _)| error).unwrap();
        client.flush(LONGEST).unwrap();
    }

    /// A record with any key and headers, as large as the broker takes them.
    pub fn send_raw(&self, key: Option<&str>, headers: &[(String, String)]) {
        let client: ThreadedProducer<DefaultProducerContext> =
            self.client_config().set("message.max.bytes", "4000000").create().unwrap();
        let mut record = BaseRecord::<str, str>::to(&self.topic).payload("junk");
        record.key = key;
        let insert =
            |all: OwnedHeaders, (key, value): &(String, String)| all.insert(Header { key, value: Some(value) });
        let record = record.headers(headers.iter().fold(OwnedHeaders::new(), insert));
        client.send(record).map_err(|(error, _)| error).unwrap();
        client.flush(LONGEST).unwrap();
    }

    pub fn producer(&self, extra: &[(&str, &str)]) -> Producer {
        Producer::new(&self.bootstrap_servers, &owned(extra)).unwrap()
    }

    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config
    }

    /// What is committed for a group, as the broker tells somebody else.
    pub fn committed(&self, group: &str, partition: i32) -> Option<i64> {
        let asking: BaseConsumer = self.client_config().set("group.id", self.group(group)).create().unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.topic, partition);
        let told = asking.committed_offsets(asked, LONGEST).unwrap();
        match told.elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// The name of a group on the broker: each bench has its own.
    pub fn group(&self, group: &str) -> String {
        format!("{group}-{}", self.topic)
    }

    /// The dead-letter topic from its start.
    pub fn dead_letters(&self) -> DeadLetterReader {
        DeadLetterReader(self.listen(&format!("DLQ-{}", self.topic)))
    }

    /// A topic of one partition from its start.
    pub fn listen(&self, topic: &str) -> BaseConsumer {
        let consumer: BaseConsumer =
            self.client_config().set("group.id", "dead-letter-reader").set("fetch.wait.max.ms", "10").create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&list).unwrap();
        consumer
    }
}

pub fn create_topics(bootstrap_servers: &str, topics: &[(&str, i32)]) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", bootstrap_servers).create().unwrap();
    let topics: Vec<_> =
        topics.iter().map(|(name, partitions)| NewTopic::new(name, *partitions, TopicReplication::Fixed(1))).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let created = runtime.block_on(admin.create_topics(&topics, &AdminOptions::new())).unwrap();
    created.into_iter().for_each(|topic| assert!(topic.is_ok(), "{topic:?}"));
}

pub fn delete_topic(bootstrap_servers: &str, topic: &str) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", bootstrap_servers).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deleted = runtime.block_on(admin.delete_topics(&[topic], &AdminOptions::new())).unwrap();
    deleted.into_iter().for_each(|topic| assert!(topic.is_ok(), "{topic:?}"));
}

/// What arrives next, or a panic that names what was expected.
pub fn recv<T>(receiver: &Receiver<T>, expected: &str) -> T {
    receiver.recv_timeout(LONGEST).unwrap_or_else(|error| panic!("{expected} did not come: {error}"))
}

/// Waits for a condition that no event announces.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {LONGEST:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
