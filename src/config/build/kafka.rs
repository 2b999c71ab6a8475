//! The brokers: their addresses, librdkafka settings, and the layout of topics.

use crate::config::reader::Reader;
use crate::config::tree::{Kafka, Secret};
use crate::kafka::{TopicLayout, refused_settings};

use super::kafka_security::{self, MECHANISM, exposed};

/// librdkafka settings that the node sets itself: its delivery guarantees depend on them.
const OWNED_KEYS: [&str; 14] = [
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    // commits and start offsets: a record is committed after it was handled, and none is skipped
    "enable.auto.commit",
    "auto.commit.enable",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "partition.assignment.strategy",
    // acknowledgement: by all replicas, once, in order, and before the caller's deadline
    "acks",
    "request.required.acks",
    "enable.idempotence",
    "transactional.id",
    "delivery.timeout.ms",
    "message.timeout.ms",
];

/// Reads the settings of the brokers. A librdkafka setting that the node sets itself is a mistake.
pub fn read(reader: &mut Reader) -> Kafka {
    let bootstrap_servers = reader.optional_text("KAFKA_BOOTSTRAP_SERVERS");
    let own = own_settings(reader);
    let security = kafka_security::settings(reader, &own, bootstrap_servers.is_some() || reader.is_given("JOIN"));
    for refused in refused_settings(&exposed(&own), &exposed(&security)) {
        reader.mistake(format!("KAFKA_CONFIG sets {refused}"));
    }
    Kafka {
        bootstrap_servers,
        extra: security.into_iter().chain(own).collect(),
        consumer_group: None,
        topics: TopicLayout {
            partitions: reader.whole("KAFKA_TOPIC_PARTITIONS"),
            replication: reader.optional_whole("KAFKA_TOPIC_REPLICATION").and_then(|copies| i32::try_from(copies).ok()),
        },
    }
}

/// The pairs of `KAFKA_CONFIG`, each key once and under the name that the node uses.
fn own_settings(reader: &mut Reader) -> Vec<(String, Secret)> {
    let mut own: Vec<(String, Secret)> = Vec::new();
    for pair in reader.list("KAFKA_CONFIG") {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let key = if key == "sasl.mechanisms" { MECHANISM } else { key };
        if OWNED_KEYS.contains(&key) {
            reader.mistake(format!("KAFKA_CONFIG sets {key}, which the node sets itself; remove it"));
        } else if own.iter().any(|(known, _)| known == key) {
            reader.mistake(format!("KAFKA_CONFIG sets {key} twice; set it once"));
        } else {
            own.push((key.into(), Secret::new(value)));
        }
    }
    own
}
