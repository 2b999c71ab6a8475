//! A consumer from the outside: what it reads, how it is stopped, and what it tells about itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use serde::Serialize;

use super::ledger::Counts;
use super::phase::ConsumerPhase;

/// librdkafka's own default for `session.timeout.ms`.
const DEFAULT_SESSION: Duration = Duration::from_secs(45);
/// Longest time that letting partitions go may hold up a rebalance or a stop.
const MAX_RELEASE_PATIENCE: Duration = Duration::from_secs(5);

/// What a consumer reads.
#[derive(Debug, Clone, Default)]
pub struct ConsumerConfig {
    /// The brokers to ask first, `host:port,...`.
    pub bootstrap_servers: String,
    /// The consumer group whose members share the records; without one the consumer hears every record that comes
    /// from now on, and commits nothing.
    pub group: Option<String>,
    /// The topic.
    pub topic: String,
    /// librdkafka settings that go over the defaults.
    pub extra: Vec<(String, String)>,
}

impl ConsumerConfig {
    /// How long letting partitions go may hold up a rebalance or a stop: half the session timeout, at most 5 s.
    pub(crate) fn release_patience(&self) -> Duration {
        let named = |(key, _): &&(String, String)| key == "session.timeout.ms";
        let session_ms = self.extra.iter().rev().find(named);
        let session_ms = session_ms.and_then(|(_, value)| value.parse().ok());
        let session = session_ms.map_or(DEFAULT_SESSION, Duration::from_millis);
        (session / 2).min(MAX_RELEASE_PATIENCE)
    }

    /// The settings for librdkafka.
    pub(crate) fn settings(&self) -> ClientConfig {
        let mut settings = ClientConfig::new();
        // Without a group the client still wants a name for one; nothing is ever committed under it.
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
            // a broker answers a connection in turn: a question waits for the fetch before it, and may not take that for silence
            .set("fetch.wait.max.ms", "100")
            .set("reconnect.backoff.max.ms", "1000");
        for (key, value) in &self.extra {
            settings.set(key, value);
        }
        // what is shown is the log's to say; why a broker hangs up stands in lines of a low level
        settings.set_log_level(RDKafkaLogLevel::Debug);
        settings
    }
}

/// Why a consumer could not start or had to end; a broker that is away is neither.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The settings do not make a client.
    #[error("the kafka consumer settings are wrong: {0}; check KAFKA_BOOTSTRAP_SERVERS and KAFKA_CONFIG")]
    Settings(KafkaError),
    /// The client gave up for good and has to be built anew.
    #[error("the kafka consumer cannot go on: {0}")]
    Fatal(KafkaError),
}

/// What a consumer tells about itself.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ConsumerState {
    /// Where it is in its life.
    pub phase: ConsumerPhase,
    /// The partitions that it reads.
    pub assigned: Vec<i32>,
    /// By partition: one past the last record read.
    pub position: BTreeMap<i32, i64>,
    /// By partition: the committed offset, as the broker told it.
    pub committed: BTreeMap<i32, i64>,
    /// By partition: records not yet committed (without a group: not yet read).
    pub lag: BTreeMap<i32, i64>,
    /// Records read and not settled.
    pub in_flight: usize,
    /// Records that somebody is expected to answer soon; their partitions go only after that.
    pub in_hand: usize,
    /// Whether reading of all its partitions is paused because too many are in flight.
    pub paused: bool,
    /// What became of the records so far.
    pub records: Counts,
    /// Why dead letters do not arrive just now; nothing after them is committed.
    pub burial_error: Option<String>,
    /// What is wrong with the broker just now.
    pub last_error: Option<String>,
}

/// Who is told the numbers of one consumer, ever anew; what it was told is void when it is dropped.
pub trait Meter: Send + Sync {
    /// Takes note of how things stand now.
    fn read(&self, state: &ConsumerState);
}

/// The handle of a consumer whose [`ConsumerLoop`](super::poll::ConsumerLoop) runs on another thread.
#[derive(Debug, Clone)]
pub struct Consumer {
    shared: Arc<Shared>,
}

impl Consumer {
    /// The handle of a loop that holds the other clone of `shared`.
    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Asks the loop to end: it routes nothing more, waits a while for what is in hand, commits what is finished, and leaves its group.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
    }

    /// The same, with what is in hand waited for no longer than this.
    pub fn stop_within(&self, patience: Duration) {
        let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.shared.patience_ms.store(patience_ms, Ordering::Relaxed);
        self.stop();
    }

    /// What the loop last told about itself; it never waits for the loop.
    pub fn state(&self) -> ConsumerState {
        self.shared.state().clone()
    }
}

/// What the handle and the loop share.
#[derive(Debug)]
pub(crate) struct Shared {
    stop: AtomicBool,
    /// How long whoever asked for the stop waits.
    patience_ms: AtomicU64,
    state: Mutex<ConsumerState>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { stop: AtomicBool::new(false), patience_ms: AtomicU64::new(u64::MAX), state: Mutex::default() }
    }
}

impl Shared {
    /// How long its stop may take: `longest`, or what whoever asked for it waits.
    pub fn patience(&self, longest: Duration) -> Duration {
        longest.min(Duration::from_millis(self.patience_ms.load(Ordering::Relaxed)))
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub fn state(&self) -> MutexGuard<'_, ConsumerState> {
        self.state.lock()
    }
}
