//! The broker: where it is, how it is spoken to, and how topics are created there.

use crate::config::reader::Reader;
use crate::config::tree::{Kafka, Secret};
use crate::kafka::{TopicLayout, refused_settings};

use super::security;

/// librdkafka settings that the node owns, because its delivery promises stand on them.
const OWNED_KEYS: [&str; 14] = [
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    // what is committed, and from where it is read: a record is committed once it is answered, and none is skipped
    "enable.auto.commit",
    "auto.commit.enable",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "partition.assignment.strategy",
    // what is acknowledged: on all replicas, once, in order, and an answer comes in time for whoever waits for it
    "acks",
    "request.required.acks",
    "enable.idempotence",
    "transactional.id",
    "delivery.timeout.ms",
    "message.timeout.ms",
];

/// The broker; a setting of librdkafka that would break a promise of the node is a mistake.
pub fn kafka(reader: &mut Reader) -> Kafka {
    let bootstrap_servers = reader.optional_text("KAFKA_BOOTSTRAP_SERVERS");
    let own = own_settings(reader);
    let security = security::settings(reader, &own, bootstrap_servers.is_some() || reader.is_given("JOIN"));
    for refused in refused_settings(&plain(&own), &plain(&security)) {
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

/// What `KAFKA_CONFIG` sets, each key once and under the name that the node uses for it.
fn own_settings(reader: &mut Reader) -> Vec<(String, Secret)> {
    let mut own: Vec<(String, Secret)> = Vec::new();
    for pair in reader.list("KAFKA_CONFIG") {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let key = if key == "sasl.mechanisms" { security::MECHANISM } else { key };
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

/// The settings as librdkafka is told them.
pub fn plain(settings: &[(String, Secret)]) -> Vec<(String, String)> {
    settings.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
}
