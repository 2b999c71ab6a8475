//! Publishing: a record counts as sent when the broker has confirmed it, and not before.
//!
//! A [`Producer`] can be pointed at other brokers in place: whoever holds it sends there from then on. Records that the brokers
//! left behind had not confirmed are told as undelivered.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use rdkafka::ClientConfig;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer};
use tokio::sync::oneshot;

use super::client::is_silence;
use super::refusal::Refusal;

/// How long the broker may take to confirm a record before sending it counts as failed.
const DELIVERY_TIMEOUT_MS: u32 = 30_000;

type Client = ThreadedProducer<Reports>;

/// Sends records and waits for their delivery reports; cloning shares one connection.
#[derive(Clone)]
pub struct Producer {
    client: Arc<ArcSwapOption<Client>>,
    /// Reports that somebody waits for.
    awaited: Arc<AtomicUsize>,
    refusal: Refusal,
}

/// Why a record was not confirmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The settings do not make a client.
    #[error("the kafka producer settings are wrong: {0}; check KAFKA_BOOTSTRAP_SERVERS and KAFKA_CONFIG")]
    Settings(KafkaError),
    /// There is no broker to send to.
    #[error(
        "the record for topic {topic} was not sent: there is no broker; set KAFKA_BOOTSTRAP_SERVERS, or start a node"
    )]
    NoBroker {
        /// The topic it was meant for.
        topic: String,
    },
    /// The broker did not take the record.
    #[error("the record was not delivered to topic {topic}: {cause}")]
    Undelivered {
        /// The topic it was meant for.
        topic: String,
        /// What librdkafka says.
        cause: KafkaError,
    },
    /// The producer was closed before the report came.
    #[error("the record for topic {topic} has no delivery report: the producer was closed")]
    Closed {
        /// The topic it was meant for.
        topic: String,
    },
}

impl Producer {
    /// A producer for the brokers in `bootstrap_servers`; `extra` holds librdkafka settings that go over the defaults.
    pub fn new(bootstrap_servers: &str, extra: &[(String, String)]) -> Result<Self, SendError> {
        let refusal = Refusal::default();
        let client = connect(bootstrap_servers, extra, &refusal)?;
        Ok(Self { client: Arc::new(ArcSwapOption::from_pointee(client)), awaited: Arc::default(), refusal })
    }

    /// A producer without brokers, for work on the object store alone; every record it is given fails.
    pub fn without_broker() -> Self {
        Self { client: Arc::default(), awaited: Arc::default(), refusal: Refusal::default() }
    }

    /// Whether there are brokers to send to; it says nothing about their health.
    pub fn has_broker(&self) -> bool {
        self.client.load().is_some()
    }

    /// Sends to other brokers from now on; what the old ones have not confirmed fails with an [`SendError::Undelivered`].
    pub fn redirect(&self, bootstrap_servers: &str, extra: &[(String, String)]) -> Result<(), SendError> {
        let left_behind = self.client.swap(Some(Arc::new(connect(bootstrap_servers, extra, &self.refusal)?)));
        self.refusal.forget();
        // a client whose brokers are gone takes its time to close
        let close = move || {
            if let Some(client) = &left_behind {
                client.purge(PurgeConfig::default().queue().inflight());
            }
            drop(left_behind);
        };
        // without a thread it closes here and now
        if let Err(error) = std::thread::Builder::new().name("kafka-close".into()).spawn(close) {
            tracing::warn!(event = "thread_fail", %error, "the old producer was closed on its caller's thread");
        }
        Ok(())
    }

    /// Sends one record and waits for its delivery report.
    pub async fn send(&self, topic: &str, key: Option<&str>, payload: Vec<u8>) -> Result<(), SendError> {
        let key = key.map(str::as_bytes);
        self.start_send(topic, key, &payload)?.await
    }

    /// Sends a record that is only news: nobody waits for it, and nobody misses it.
    pub fn tell(&self, topic: &str, key: Option<&str>, payload: &[u8]) {
        // the report goes at once, whatever it would have said
        drop(self.start_send(topic, key.map(str::as_bytes), payload));
    }

    /// Hands one record to the client at once; the report tells later whether the broker took it.
    pub fn start_send(&self, topic: &str, key: Option<&[u8]>, payload: &[u8]) -> Result<DeliveryReport, SendError> {
        let topic = topic.to_string();
        let (opaque, arrived) = oneshot::channel();
        let mut record = BaseRecord::with_opaque_to(&topic, Box::new(opaque)).payload(payload);
        if let Some(key) = key {
            record = record.key(key);
        }
        let Some(client) = self.client.load_full() else {
            return Err(SendError::NoBroker { topic });
        };
        match client.send(record) {
            Ok(()) => Ok(DeliveryReport { topic, arrived, _awaited: Awaited::one_more(&self.awaited) }),
            Err((cause, _)) => Err(SendError::Undelivered { topic, cause }),
        }
    }

    /// Whether a broker answers a question about the topic, blocking until then or for `timeout`. Without brokers nobody is missed.
    pub fn answers(&self, topic: &str, timeout: Duration) -> bool {
        let Some(client) = self.client.load_full() else { return true };
        let told = client.client().fetch_metadata(Some(topic), timeout);
        let answered = told.err().is_none_or(|error| !is_silence(&error));
        if answered {
            self.refusal.forget();
        }
        answered
    }

    /// That nobody answers at these addresses, and why, as far as that is known.
    pub fn silence(&self, bootstrap_servers: &str) -> String {
        self.refusal.silence(bootstrap_servers)
    }

    /// Why the brokers do not let this producer in, if that is why they are silent.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.told()
    }

    /// Waits until every record handed in is confirmed or failed; gives how many that somebody waits for are open at the timeout.
    ///
    /// It takes at least 100 ms: for shutdown only.
    pub async fn flush(&self, timeout: Duration) -> usize {
        let Some(client) = self.client.load_full() else { return 0 };
        // Whether time ran out shows in the count, so the error says nothing more.
        let flushed = tokio::task::spawn_blocking(move || client.flush(timeout).is_ok()).await;
        if flushed.unwrap_or_default() { 0 } else { self.awaited.load(Ordering::Relaxed) }
    }
}

fn connect(bootstrap_servers: &str, extra: &[(String, String)], refusal: &Refusal) -> Result<Client, SendError> {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", bootstrap_servers)
        .set("client.id", "flts")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("delivery.timeout.ms", DELIVERY_TIMEOUT_MS.to_string())
        .set("reconnect.backoff.max.ms", "1000");
    for (key, value) in extra {
        settings.set(key, value);
    }
    settings
        .set_log_level(RDKafkaLogLevel::Debug)
        .create_with_context(Reports { refusal: refusal.clone() })
        .map_err(SendError::Settings)
}

/// The broker's answer about one record, on its way.
#[derive(Debug)]
pub struct DeliveryReport {
    topic: String,
    arrived: oneshot::Receiver<Result<(), KafkaError>>,
    _awaited: Awaited,
}

/// Counts a report for as long as somebody waits for it.
#[derive(Debug)]
struct Awaited(Arc<AtomicUsize>);

impl Awaited {
    fn one_more(awaited: &Arc<AtomicUsize>) -> Awaited {
        awaited.fetch_add(1, Ordering::Relaxed);
        Awaited(awaited.clone())
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl DeliveryReport {
    /// The report if it has arrived, without waiting.
    pub fn try_result(&mut self) -> Option<Result<(), SendError>> {
        match self.arrived.try_recv() {
            Ok(result) => Some(self.name(result)),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(self.closed())),
        }
    }

    fn name(&self, result: Result<(), KafkaError>) -> Result<(), SendError> {
        let topic = self.topic.clone();
        result.map_err(|cause| SendError::Undelivered { topic, cause })
    }

    fn closed(&self) -> SendError {
        let topic = self.topic.clone();
        SendError::Closed { topic }
    }
}

impl Future for DeliveryReport {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let arrived = Pin::new(&mut self.arrived).poll(context);
        arrived.map(|received| match received {
            Ok(result) => self.name(result),
            Err(_) => Err(self.closed()),
        })
    }
}

/// Passes every delivery report to whoever waits for it.
struct Reports {
    refusal: Refusal,
}

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        super::client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Not fatal to any record: each has its own report.
        self.refusal.note(&error, reason);
        super::client_log("producer", &format!("{error}: {reason}"));
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<oneshot::Sender<Result<(), KafkaError>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, report: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(_) => Ok(()),
            Err((cause, _)) => Err(cause.clone()),
        };
        // Nobody waits any more when the sender gave up: the record is out all the same.
        let _ = report.send(outcome);
    }
}
