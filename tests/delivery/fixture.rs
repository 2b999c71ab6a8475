//! A mock broker with one topic, readers on threads, and a look into the dead-letter topic.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use flts::transport::{Consumer, ConsumerConfig, Delivery, DlqEnvelope, Producer, consume};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

const TOPIC: &str = "work";
const DLQ: &str = "DLQ-work";
/// The mock makes a member of a group that is not new wait for most of a session.
const LONGEST: Duration = Duration::from_secs(30);

/// A broker with the topic `work`, one partition.
pub struct Bench {
    pub cluster: MockCluster<'static, DefaultProducerContext>,
    pub runtime: tokio::runtime::Runtime,
    sender: Producer,
}

impl Bench {
    pub fn new() -> Self {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        cluster.create_topic(DLQ, 1, 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sender = Producer::new(&cluster.bootstrap_servers(), &[]).unwrap();
        Self { cluster, runtime, sender }
    }

    /// Sends records in this order; each is confirmed before this returns.
    pub fn send(&self, payloads: &[&str]) {
        for payload in payloads {
            let sent = self.sender.send(TOPIC, Some("key"), payload.as_bytes().to_vec());
            self.runtime.block_on(sent).unwrap();
        }
    }

    pub fn producer(&self, extra: &[(&str, &str)]) -> Producer {
        Producer::new(&self.cluster.bootstrap_servers(), &owned(extra)).unwrap()
    }

    /// The dead-letter topic from its start.
    pub fn dead_letters(&self) -> Graves {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.cluster.bootstrap_servers())
            .set("group.id", "graves")
            .set("fetch.wait.max.ms", "10")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(DLQ, 0, Offset::Beginning).unwrap();
        consumer.assign(&list).unwrap();
        Graves(consumer)
    }
}

pub struct Graves(BaseConsumer);

impl Graves {
    pub fn next(&mut self) -> DlqEnvelope {
        let deadline = Instant::now() + LONGEST;
        while Instant::now() < deadline {
            if let Some(Ok(message)) = self.0.poll(Duration::from_millis(100)) {
                return serde_json::from_slice(message.payload().unwrap()).unwrap();
            }
        }
        panic!("no dead letter within {LONGEST:?}");
    }
}

/// A consumer on its thread; its records wait here.
pub struct Reader {
    pub consumer: Consumer,
    /// The result of the loop.
    pub ended: Receiver<Result<(), String>>,
    records: Receiver<(String, Delivery)>,
    routed: Arc<AtomicUsize>,
    taken: AtomicUsize,
    beats: Arc<AtomicUsize>,
}

impl Reader {
    pub fn start(bench: &Bench, group: Option<&str>) -> Self {
        Self::start_bounded(bench, group, 64)
    }

    pub fn start_bounded(bench: &Bench, group: Option<&str>, max_in_flight: usize) -> Self {
        Self::start_with(bench, group, max_in_flight, &[])
    }

    pub fn start_with(bench: &Bench, group: Option<&str>, max_in_flight: usize, extra: &[(&str, &str)]) -> Self {
        let quick = [("session.timeout.ms", "4000"), ("heartbeat.interval.ms", "500"), ("fetch.wait.max.ms", "10")];
        let config = ConsumerConfig {
            bootstrap_servers: bench.cluster.bootstrap_servers(),
            group: group.map(str::to_owned),
            topic: TOPIC.into(),
            extra: owned(&[&quick, extra].concat()),
        };
        let (sender, records) = channel();
        let (routed, beats) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, beat) = (Arc::clone(&routed), Arc::clone(&beats));
        let route = move |record: flts::transport::Record, delivery: Delivery| {
            let text = String::from_utf8(record.payload.to_vec()).unwrap();
            let _held = (text == "panic").then_some(&delivery);
            assert_ne!(text, "panic", "the route dies");
            count.fetch_add(1, Ordering::SeqCst);
            sender.send((text, delivery)).unwrap();
        };
        let producer = bench.sender.clone();
        let (consumer, work) = consume(config, producer, route);
        let (end, ended) = channel();
        std::thread::spawn(move || {
            let result = work.max_in_flight(max_in_flight).run(|| {
                beat.fetch_add(1, Ordering::SeqCst);
            });
            end.send(result.map_err(|error| error.to_string()))
        });
        Self { consumer, ended, records, routed, taken: AtomicUsize::new(0), beats }
    }

    /// The delivery of the next record, which must be this one.
    pub fn next(&self, payload: &str) -> Delivery {
        let (text, delivery) = recv(&self.records, &format!("record `{payload}`"));
        self.taken.fetch_add(1, Ordering::SeqCst);
        assert_eq!(text, payload);
        delivery
    }

    /// Records routed and not yet taken by the test.
    pub fn waiting(&self) -> usize {
        self.routed.load(Ordering::SeqCst) - self.taken.load(Ordering::SeqCst)
    }

    pub fn beats(&self) -> usize {
        self.beats.load(Ordering::SeqCst)
    }

    /// Stops the loop and waits until it has left its group; no record may be left over.
    pub fn stop(self) {
        assert_eq!(self.waiting(), 0, "a record came that nobody expected");
        self.consumer.stop();
        recv(&self.ended, "the end of the loop").unwrap();
    }
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
