//! The librdkafka client of a producer: how it is made, and how it is left.

use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::producer::{Producer as _, PurgeConfig, ThreadedProducer};

use super::report::Reports;
use super::send_error::SendError;

/// How long the broker may take to confirm a record before sending it counts as failed.
const DELIVERY_TIMEOUT_MS: u32 = 30_000;
/// Records that may wait for the broker, and their bytes: what an outage can cost in memory.
const QUEUE_MAX_MESSAGES: u32 = 20_000;
const QUEUE_MAX_KIB: u32 = 64 * 1024;

/// The client; its reports go to whoever waits for them.
pub type Client = ThreadedProducer<Reports>;

/// Where brokers are, and settings that go over the defaults.
#[derive(Default)]
pub struct Place {
    pub bootstrap_servers: String,
    pub extra: Vec<(String, String)>,
}

/// Ends a client, and tells what it has not confirmed as undelivered.
pub fn leave_behind(client: Option<Arc<Client>>) {
    let Some(client) = client else { return };
    // a client whose brokers are gone takes its time to close
    let close = move || {
        client.purge(PurgeConfig::default().queue().inflight());
        drop(client);
    };
    // without a thread it closes here and now
    if let Err(error) = std::thread::Builder::new().name("kafka-close".into()).spawn(close) {
        tracing::warn!(event = "thread_fail", %error, "the old producer was closed on its caller's thread");
    }
}

/// A client for this place; it speaks to the brokers by itself from now on.
pub fn connect(place: &Place, reports: &Reports) -> Result<Client, SendError> {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &place.bootstrap_servers)
        .set("client.id", "flts")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("delivery.timeout.ms", DELIVERY_TIMEOUT_MS.to_string())
        .set("queue.buffering.max.messages", QUEUE_MAX_MESSAGES.to_string())
        .set("queue.buffering.max.kbytes", QUEUE_MAX_KIB.to_string())
        .set("reconnect.backoff.max.ms", "1000");
    for (key, value) in &place.extra {
        settings.set(key, value);
    }
    settings.set_log_level(RDKafkaLogLevel::Debug).create_with_context(reports.clone()).map_err(SendError::Settings)
}
