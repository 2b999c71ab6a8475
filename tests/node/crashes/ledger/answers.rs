//! What comes back on `performance-eval`, read from its start by a listener of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;

use super::world::{PARTITIONS, World};

pub const TOPIC: &str = "performance-eval";
const LONGEST: Duration = Duration::from_secs(60);

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub generation: u64,
    pub prediction_sha256: String,
}

#[derive(Default)]
struct Read {
    answers: HashMap<String, Vec<Answer>>,
    positions: BTreeMap<i32, i64>,
}

/// All answers so far, by claim.
#[derive(Clone)]
pub struct Answers {
    read: Arc<Mutex<Read>>,
    client: Arc<BaseConsumer>,
}

impl Answers {
    /// Starts to listen; the thread ends with the test.
    pub fn read(world: &World) -> Self {
        let client = listener(&world.bootstrap_servers, TOPIC);
        let answers = Self { read: Arc::default(), client: Arc::new(client) };
        let reader = answers.clone();
        std::thread::spawn(move || {
            loop {
                // an error is an outage, which ends by itself
                if let Some(Ok(message)) = reader.client.poll(Duration::from_millis(100)) {
                    let event: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
                    let mut read = reader.read.lock().unwrap();
                    let claim = event["claim_id"].as_str().unwrap().to_owned();
                    assert_eq!(event["status"], "SUCCESS", "{event}");
                    read.answers.entry(claim).or_default().push(Answer {
                        generation: event["generation"].as_u64().unwrap(),
                        prediction_sha256: event["prediction_sha256"].as_str().unwrap().to_owned(),
                    });
                    read.positions.insert(message.partition(), message.offset() + 1);
                }
            }
        });
        answers
    }

    /// Waits until everything that is in the topic now has been read.
    pub fn catch_up(&self) {
        for partition in 0..PARTITIONS {
            let deadline = Instant::now() + LONGEST;
            let end = loop {
                match self.client.fetch_watermarks(TOPIC, partition, Duration::from_secs(5)) {
                    Ok((_, end)) => break end,
                    Err(error) => assert!(Instant::now() < deadline, "the broker does not tell: {error}"),
                }
            };
            while end > 0 && self.read.lock().unwrap().positions.get(&partition).copied().unwrap_or(0) < end {
                assert!(Instant::now() < deadline, "the answers of partition {partition} are not read to {end}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// The answers to a claim.
    pub fn to(&self, claim: &str) -> Vec<Answer> {
        self.read.lock().unwrap().answers.get(claim).cloned().unwrap_or_default()
    }
}

/// A client that reads a topic from its start, in no group.
pub fn listener(bootstrap_servers: &str, topic: &str) -> BaseConsumer {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", "the-ledger-commits-nothing")
        .set("enable.auto.commit", "false")
        .set("reconnect.backoff.max.ms", "500")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    (0..PARTITIONS).for_each(|partition| {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    });
    client.assign(&partitions).unwrap();
    client
}
