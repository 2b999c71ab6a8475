//! Publishing: a record counts as sent when the broker has confirmed it, and not before.
//!
//! A [`Producer`] can be redirected to other brokers: every clone sends there from then on, and records that the old brokers had not
//! confirmed count as undelivered. The queue of records is bounded: a sender waits while the producer is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::kafka::broker_errors::is_silence;
use crate::kafka::partition_fence::Transit;

use super::connection::{Client, ProducerConfig, abandon, connect};
use super::outgoing::Outgoing;
use super::report::{DeliveryReport, Reports};
use super::send_error::SendError;

/// The longest wait for a notice of room: the producer has room a moment after its last delivery report.
const ROOM_NOTICE_TIMEOUT: Duration = Duration::from_millis(20);

/// Sends records and waits for their delivery reports; clones share one connection.
#[derive(Clone)]
pub struct Producer {
    client: Arc<ArcSwapOption<Client>>,
    /// The configuration of the client, to build a new one; locked while the client is replaced.
    config: Arc<Mutex<ProducerConfig>>,
    /// The number of delivery reports that a caller holds.
    awaited: Arc<AtomicUsize>,
    reports: Reports,
}

impl Producer {
    /// A producer for the brokers in `bootstrap_servers`; `extra` holds librdkafka settings that go over the defaults.
    pub fn new(bootstrap_servers: &str, extra: &[(String, String)]) -> Result<Self, SendError> {
        let producer = Self::without_broker();
        producer.redirect(bootstrap_servers, extra)?;
        Ok(producer)
    }

    /// A producer without brokers, for work on the object store alone; every send fails.
    pub fn without_broker() -> Self {
        Self { client: Arc::default(), config: Arc::default(), awaited: Arc::default(), reports: Reports::default() }
    }

    /// Whether the producer has brokers to send to, healthy or not.
    pub fn has_broker(&self) -> bool {
        self.client.load().is_some()
    }

    /// Sends to other brokers from now on; records that the old brokers have not confirmed fail with [`SendError::Undelivered`].
    pub fn redirect(&self, bootstrap_servers: &str, extra: &[(String, String)]) -> Result<(), SendError> {
        let mut config = self.config.lock();
        let new = ProducerConfig { bootstrap_servers: bootstrap_servers.to_owned(), extra: extra.to_vec() };
        let client = connect(&new, &self.reports)?;
        *config = new;
        abandon(self.client.swap(Some(Arc::new(client))));
        self.reports.refusal.forget();
        Ok(())
    }

    /// Sends one record and waits for its delivery report; a full producer is waited for first.
    pub async fn send(&self, topic: &str, key: Option<&str>, payload: Vec<u8>) -> Result<(), SendError> {
        let key = key.map(str::as_bytes);
        loop {
            match self.start_send(topic, key, &payload) {
                Ok(report) => return report.await,
                Err(error) if error.is_full() => self.room().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a record without waiting for its delivery report; a failure has no consequence.
    pub fn send_and_forget(&self, topic: &str, key: Option<&str>, payload: &[u8]) {
        drop(self.start_send(topic, key.map(str::as_bytes), payload));
    }

    /// Queues one record; the delivery report says later whether the broker took it.
    pub fn start_send(&self, topic: &str, key: Option<&[u8]>, payload: &[u8]) -> Result<DeliveryReport, SendError> {
        self.queue(Outgoing { topic, key, payload, headers: &[] }, None)
    }

    /// Queues one record with a header.
    pub fn start_send_with(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
        (name, value): (&str, &str),
    ) -> Result<DeliveryReport, SendError> {
        self.queue(Outgoing { topic, key, payload, headers: &[(name, value.as_bytes())] }, None)
    }

    /// Queues one record; `transit` is dropped with the delivery report.
    pub(in crate::kafka) fn start_send_in_transit(
        &self,
        outgoing: Outgoing<'_>,
        transit: Transit,
    ) -> Result<DeliveryReport, SendError> {
        self.queue(outgoing, Some(transit))
    }

    fn queue(&self, outgoing: Outgoing<'_>, transit: Option<Transit>) -> Result<DeliveryReport, SendError> {
        let Outgoing { topic, key, payload, headers } = outgoing;
        let (opaque, report) = DeliveryReport::new(topic, transit, &self.awaited);
        let mut record = BaseRecord::with_opaque_to(topic, opaque).payload(payload);
        if let Some(key) = key {
            record = record.key(key);
        }
        if !headers.is_empty() {
            let insert =
                |all: OwnedHeaders, &(key, value): &(&str, &[u8])| all.insert(Header { key, value: Some(value) });
            record = record.headers(headers.iter().fold(OwnedHeaders::new(), insert));
        }
        let Some(mut client) = self.client.load_full() else {
            return Err(SendError::NoBroker { topic: topic.into() });
        };
        let mut sent = client.send(record);
        if let Err((cause, record)) = sent {
            let fatal = cause.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal);
            sent = match fatal.then(|| self.replace(&client)).flatten() {
                Some(new) => {
                    client = new;
                    client.send(record)
                }
                None => Err((cause, record)),
            };
        }
        sent.map_err(|(cause, _)| SendError::Undelivered { topic: topic.into(), cause })?;
        Ok(report)
    }

    /// Waits until a full producer may have room, at most 20 ms.
    pub async fn room(&self) {
        // after the timeout, the caller tries again all the same
        let _ = tokio::time::timeout(ROOM_NOTICE_TIMEOUT, self.reports.room.notified()).await;
    }

    /// Whether a broker answers a metadata request for the topic within `timeout`; true for a producer without brokers. Blocks.
    pub fn answers(&self, topic: &str, timeout: Duration) -> bool {
        let Some(client) = self.client.load_full() else { return true };
        let metadata = client.client().fetch_metadata(Some(topic), timeout);
        let answered = metadata.err().is_none_or(|error| !is_silence(&error));
        if answered {
            self.reports.refusal.forget();
        }
        answered
    }

    /// The message that no broker answers at these addresses, with the reason if it is known.
    pub fn no_answer(&self, bootstrap_servers: &str) -> String {
        self.reports.refusal.no_answer(bootstrap_servers)
    }

    /// Why the brokers refuse this producer, if they do.
    pub fn refusal(&self) -> Option<String> {
        self.reports.refusal.reason()
    }

    /// Waits until every queued record is confirmed or failed; answers with the number of awaited delivery reports at the timeout.
    ///
    /// Takes at least 100 ms: for shutdown only.
    pub async fn flush(&self, timeout: Duration) -> usize {
        let Some(client) = self.client.load_full() else { return 0 };
        // the count says whether time ran out
        let flushed = tokio::task::spawn_blocking(move || client.flush(timeout).is_ok()).await;
        if flushed.unwrap_or_default() { 0 } else { self.awaited.load(Ordering::Relaxed) }
    }

    /// Replaces a client that failed fatally, as an idempotent one does when the broker has lost its sequence.
    fn replace(&self, dead: &Arc<Client>) -> Option<Arc<Client>> {
        let config = self.config.lock();
        let present = self.client.load_full()?;
        if !Arc::ptr_eq(&present, dead) {
            return Some(present);
        }
        let cause = dead.client().fatal_error().map(|(_, text)| text).unwrap_or_default();
        tracing::error!(
            event = "kafka_producer_replaced",
            cause,
            "the kafka producer gave up for good; a new one goes on"
        );
        let new = Arc::new(connect(&config, &self.reports).ok()?);
        abandon(self.client.swap(Some(Arc::clone(&new))));
        Some(new)
    }
}
