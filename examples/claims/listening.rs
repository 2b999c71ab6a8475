//! A topic read from its start, in no group.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;

const SILENCE_MAX: Duration = Duration::from_secs(120);

/// A listener that knows the time of every record.
pub struct Listening(BaseConsumer);

impl Listening {
    /// Reads all partitions of an existing topic.
    pub fn to(bootstrap_servers: &str, topic: &str) -> Result<Self> {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", "measuring")
            .set("enable.auto.commit", "false")
            .create()?;
        let metadata = client.fetch_metadata(Some(topic), Duration::from_secs(10))?;
        let mut partitions = TopicPartitionList::new();
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            partitions.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
        }
        client.assign(&partitions)?;
        Ok(Self(client))
    }

    /// The next record, and when its producer made it, in milliseconds since 1970.
    pub fn next(&self) -> Result<(Value, i64)> {
        let started = Instant::now();
        loop {
            if let Some(message) = self.0.poll(Duration::from_millis(100)) {
                let message = message?;
                let value = serde_json::from_slice(message.payload().unwrap_or_default())?;
                return Ok((value, message.timestamp().to_millis().unwrap_or_default()));
            }
            ensure!(started.elapsed() < SILENCE_MAX, "nothing came for {SILENCE_MAX:?}");
        }
    }
}
