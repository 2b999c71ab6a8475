//! The librdkafka client of a producer: how it is made and how it is abandoned.

use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::producer::{Producer as _, PurgeConfig, ThreadedProducer};

use super::report::Reports;
use super::send_error::SendError;

/// How long the broker may take to confirm a record before the record counts as undelivered.
const DELIVERY_TIMEOUT_MS: u32 = 30_000;
/// The most records and KiB that wait for the broker: the memory that an outage can cost.
const QUEUE_MAX_MESSAGES: u32 = 20_000;
const QUEUE_MAX_KIB: u32 = 64 * 1024;

/// The client, with the context that receives its delivery reports.
pub(super) type Client = ThreadedProducer<Reports>;

/// The brokers of a client, and librdkafka settings that replace the defaults.
#[derive(Default)]
pub(super) struct ProducerConfig {
    pub bootstrap_servers: String,
    pub extra: Vec<(String, String)>,
}

/// Ends a client; the records that it has not confirmed count as undelivered.
pub(super) fn abandon(client: Option<Arc<Client>>) {
    let Some(client) = client else { return };
    // on a thread, because a client whose brokers are gone closes slowly
    let close = move || {
        client.purge(PurgeConfig::default().queue().inflight());
        drop(client);
    };
    // if no thread starts, dropping the closure closes the client here
    if let Err(error) = std::thread::Builder::new().name("kafka-close".into()).spawn(close) {
        tracing::warn!(event = "thread_fail", %error, "the old producer was closed on its caller's thread");
    }
}

/// Makes a client, which connects to the brokers in the background.
pub(super) fn connect(config: &ProducerConfig, reports: &Reports) -> Result<Client, SendError> {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.bootstrap_servers)
        .set("client.id", "flts")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("delivery.timeout.ms", DELIVERY_TIMEOUT_MS.to_string())
        .set("queue.buffering.max.messages", QUEUE_MAX_MESSAGES.to_string())
        .set("queue.buffering.max.kbytes", QUEUE_MAX_KIB.to_string())
        .set("reconnect.backoff.max.ms", "1000");
    for (key, value) in &config.extra {
        settings.set(key, value);
    }
    settings.set_log_level(RDKafkaLogLevel::Debug).create_with_context(reports.clone()).map_err(SendError::Settings)
}
