//! What a consumer reads, and its librdkafka settings.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use crate::limits::RECORDS_IN_FLIGHT;

/// librdkafka's own default for `session.timeout.ms`.
const DEFAULT_SESSION: Duration = Duration::from_secs(45);
/// The longest time that a revocation may delay a rebalance or a stop.
const REVOCATION_TIMEOUT_MAX: Duration = Duration::from_secs(5);

/// What a consumer reads.
#[derive(Debug, Clone, Default)]
pub struct ConsumerConfig {
    /// The first addresses to connect to, `host:port,...`.
    pub bootstrap_servers: String,
    /// The consumer group whose members share the records. A consumer without a group reads every record from now on, and commits
    /// nothing.
    pub group: Option<String>,
    /// The topic to read.
    pub topic: String,
    /// librdkafka settings that replace the defaults.
    pub extra: Vec<(String, String)>,
}

impl ConsumerConfig {
    /// How long a revocation may delay a rebalance or a stop: half the session timeout, at most 5 s.
    pub(crate) fn revocation_timeout(&self) -> Duration {
        let is_session_timeout = |(key, _): &&(String, String)| key == "session.timeout.ms";
        let session_ms = self.extra.iter().rev().find(is_session_timeout);
        let session_ms = session_ms.and_then(|(_, value)| value.parse().ok());
        let session = session_ms.map_or(DEFAULT_SESSION, Duration::from_millis);
        (session / 2).min(REVOCATION_TIMEOUT_MAX)
    }

    /// The settings for librdkafka.
    pub(crate) fn settings(&self) -> ClientConfig {
        let mut settings = ClientConfig::new();
        // the client needs the name of a group even without one; nothing is committed under this name
        let group = self.group.as_deref().unwrap_or("flts-listener");
        let reset = match self.group {
            Some(_) => "earliest",
            None => "latest",
        };
        settings
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("group.id", group)
            .set("client.id", "flts")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", reset)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("topic.metadata.refresh.interval.ms", "10000")
            .set("statistics.interval.ms", "1000")
            // a broker answers the requests of a connection in order: a request waits for the fetch before it, and must not time out
            .set("fetch.wait.max.ms", "100")
            // what is prefetched takes memory too, as much as the records in flight
            .set("queued.max.messages.kbytes", (RECORDS_IN_FLIGHT.max / 1024).to_string())
            .set("fetch.max.bytes", RECORDS_IN_FLIGHT.max.to_string())
            .set("reconnect.backoff.max.ms", "1000");
        for (key, value) in &self.extra {
            settings.set(key, value);
        }
        // debug logs are enabled, because only they say why a broker closes a connection; our own log level decides what is shown
        settings.set_log_level(RDKafkaLogLevel::Debug);
        settings
    }
}

/// Why a consumer could not start or had to end. A broker that is away is not an error.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The settings are not valid.
    #[error("the kafka consumer settings are wrong: {0}; check KAFKA_BOOTSTRAP_SERVERS and KAFKA_CONFIG")]
    Settings(KafkaError),
    /// The client failed fatally: a new consumer is needed.
    #[error("the kafka consumer cannot go on: {0}")]
    Fatal(KafkaError),
}
