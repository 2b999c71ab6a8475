//! Settings of librdkafka that a person gave, tried before anything is started.

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::consumer::ConsumerConfig;
use super::producer::Producer;

/// Why librdkafka would not take these settings: each a phrase that begins with the keys, and never holds a value,
/// which may be secret.
pub fn refused_settings(extra: &[(String, String)]) -> Vec<String> {
    if extra.is_empty() {
        return Vec::new();
    }
    let alone: Vec<String> = extra.iter().filter_map(|(key, value)| refused_alone(key, value)).collect();
    match alone.is_empty() {
        true => refused_together(extra).into_iter().collect(),
        false => alone,
    }
}

fn refused_alone(key: &str, value: &str) -> Option<String> {
    let tried = ClientConfig::new().set(key, value).create_native_config();
    match tried.err()? {
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) => {
            Some(format!("{key}, which is no setting of librdkafka; correct its name"))
        }
        _ => Some(format!("{key} to a value that librdkafka does not take; correct the value")),
    }
}

/// Clients without a broker: they are made, and gone at once.
fn refused_together(extra: &[(String, String)]) -> Option<String> {
    let listener = ConsumerConfig {
        bootstrap_servers: String::new(),
        group: Some("flts".into()),
        topic: String::new(),
        extra: extra.to_vec(),
    };
    let cause = match (Producer::new("", extra), listener.settings().create::<BaseConsumer>()) {
        (Err(error), _) => error.to_string(),
        (_, Err(error)) => error.to_string(),
        (Ok(_), Ok(_)) => return None,
    };
    let keys: Vec<&str> = extra.iter().map(|(key, _)| key.as_str()).collect();
    let secret = extra.iter().any(|(_, value)| cause.contains(value.as_str()));
    let cause = if secret { String::new() } else { format!(" ({cause})") };
    Some(format!(
        "{}, which librdkafka does not take together with what the node sets{cause}; correct them",
        keys.join(", ")
    ))
}
