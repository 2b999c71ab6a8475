//! Checks the librdkafka settings that the user gave, before any client is started.

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::consumer::ConsumerConfig;
use super::producer::Producer;

/// Why librdkafka refuses these settings: phrases that begin with the keys and never hold a value, which may be secret. The
/// settings replace those of `base`, which librdkafka takes.
pub fn refused_settings(extra: &[(String, String)], base: &[(String, String)]) -> Vec<String> {
    if extra.is_empty() {
        return Vec::new();
    }
    let alone: Vec<String> = extra.iter().filter_map(|(key, value)| refused_alone(key, value)).collect();
    match alone.is_empty() {
        true => refused_together(extra, base).into_iter().collect(),
        false => alone,
    }
}

fn refused_alone(key: &str, value: &str) -> Option<String> {
    let config = ClientConfig::new().set(key, value).create_native_config();
    match config.err()? {
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) => {
            Some(format!("{key}, which is no setting of librdkafka; correct its name"))
        }
        _ => Some(format!("{key} to a value that librdkafka does not take; correct the value")),
    }
}

/// Why librdkafka makes no clients with these settings, in its own words; none if it makes them.
///
/// The clients have no broker, and are dropped at once.
pub fn refused_by_clients(extra: &[(String, String)]) -> Option<String> {
    let consumer = ConsumerConfig {
        bootstrap_servers: String::new(),
        group: Some("flts".into()),
        topic: String::new(),
        extra: extra.to_vec(),
    };
    match (Producer::new("", extra), consumer.settings().create::<BaseConsumer>()) {
        (Err(error), _) => Some(error.to_string()),
        (_, Err(error)) => Some(error.to_string()),
        (Ok(_), Ok(_)) => None,
    }
}

fn refused_together(extra: &[(String, String)], base: &[(String, String)]) -> Option<String> {
    let all: Vec<(String, String)> = base.iter().chain(extra).cloned().collect();
    let cause = refused_by_clients(&all)?;
    let keys: Vec<&str> = extra.iter().map(|(key, _)| key.as_str()).collect();
    let shows_value = all.iter().any(|(_, value)| cause.contains(value.as_str()));
    let cause = if shows_value { String::new() } else { format!(" ({cause})") };
    Some(format!(
        "{}, which librdkafka does not take together with what the node sets{cause}; correct them",
        keys.join(", ")
    ))
}
