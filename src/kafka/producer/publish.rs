//! Publishing: a record counts as sent when the broker has confirmed it, and not before.
//!
//! A [`Producer`] can be pointed at other brokers in place: whoever holds it sends there from then on. Records that the brokers
//! left behind had not confirmed are told as undelivered. What waits for the broker is bounded: a full producer is waited for.

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

use super::connection::{Client, Place, connect, leave_behind};
use super::report::{DeliveryReport, Reports};
use super::send_error::SendError;

/// Longest wait for room before looking again: the last report of a queue comes a moment before its room.
const ROOM_LOOK: Duration = Duration::from_millis(20);

/// Sends records and waits for their delivery reports; cloning shares one connection.
#[derive(Clone)]
pub struct Producer {
    client: Arc<ArcSwapOption<Client>>,
    /// Where the brokers are, for a client that has to be built anew; locked while the client is changed.
    place: Arc<Mutex<Place>>,
    /// Reports that somebody waits for.
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

    /// A producer without brokers, for work on the object store alone; every record it is given fails.
    pub fn without_broker() -> Self {
        Self { client: Arc::default(), place: Arc::default(), awaited: Arc::default(), reports: Reports::default() }
    }

    /// Whether there are brokers to send to; it says nothing about their health.
    pub fn has_broker(&self) -> bool {
        self.client.load().is_some()
    }

    /// Sends to other brokers from now on; what the old ones have not confirmed fails with an [`SendError::Undelivered`].
    pub fn redirect(&self, bootstrap_servers: &str, extra: &[(String, String)]) -> Result<(), SendError> {
        let mut place = self.place.lock();
        let new = Place { bootstrap_servers: bootstrap_servers.to_owned(), extra: extra.to_vec() };
        let client = connect(&new, &self.reports)?;
        *place = new;
        leave_behind(self.client.swap(Some(Arc::new(client))));
        self.reports.refusal.forget();
        Ok(())
    }

    /// Sends one record and waits for its delivery report; while the producer is full it waits for room first.
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

    /// Sends a record that is only news: nobody waits for it, and nobody misses it.
    pub fn tell(&self, topic: &str, key: Option<&str>, payload: &[u8]) {
        // the report goes at once, whatever it would have said
        drop(self.start_send(topic, key.map(str::as_bytes), payload));
    }

    /// Hands one record to the client at once; the report tells later whether the broker took it.
    pub fn start_send(&self, topic: &str, key: Option<&[u8]>, payload: &[u8]) -> Result<DeliveryReport, SendError> {
        self.hand_over(topic, key, payload, None)
    }

    /// The same with a header.
    pub fn start_send_with(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
        (name, value): (&str, &str),
    ) -> Result<DeliveryReport, SendError> {
        let headers = OwnedHeaders::new().insert(Header { key: name, value: Some(value) });
        self.hand_over_with(topic, key, payload, Some(headers), None)
    }

    /// The same; `transit` goes with the broker's report.
    pub(crate) fn hand_over(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
        transit: Option<Transit>,
    ) -> Result<DeliveryReport, SendError> {
        self.hand_over_with(topic, key, payload, None, transit)
    }

    fn hand_over_with(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
        headers: Option<OwnedHeaders>,
        transit: Option<Transit>,
    ) -> Result<DeliveryReport, SendError> {
        let (awaiting, report) = DeliveryReport::of(topic, transit, &self.awaited);
        let mut record = BaseRecord::with_opaque_to(topic, awaiting).payload(payload);
        if let Some(key) = key {
            record = record.key(key);
        }
        if let Some(headers) = headers {
            record = record.headers(headers);
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

    /// Waits a moment for room in a producer that was full.
    pub async fn room(&self) {
        // without a report in that time it is worth another try all the same
        let _ = tokio::time::timeout(ROOM_LOOK, self.reports.room.notified()).await;
    }

    /// Whether a broker answers a question about the topic, blocking until then or for `timeout`. Without brokers nobody is missed.
    pub fn answers(&self, topic: &str, timeout: Duration) -> bool {
        let Some(client) = self.client.load_full() else { return true };
        let told = client.client().fetch_metadata(Some(topic), timeout);
        let answered = told.err().is_none_or(|error| !is_silence(&error));
        if answered {
            self.reports.refusal.forget();
        }
        answered
    }

    /// That nobody answers at these addresses, and why, as far as that is known.
    pub fn silence(&self, bootstrap_servers: &str) -> String {
        self.reports.refusal.silence(bootstrap_servers)
    }

    /// Why the brokers do not let this producer in, if that is why they are silent.
    pub fn refusal(&self) -> Option<String> {
        self.reports.refusal.told()
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

    /// The client in place of one that gave up for good, as an idempotent one does when the broker has lost its sequence.
    fn replace(&self, dead: &Arc<Client>) -> Option<Arc<Client>> {
        let place = self.place.lock();
        let now = self.client.load_full()?;
        if !Arc::ptr_eq(&now, dead) {
            return Some(now);
        }
        let cause = dead.client().fatal_error().map(|(_, text)| text).unwrap_or_default();
        tracing::error!(
            event = "kafka_producer_replaced",
            cause,
            "the kafka producer gave up for good; a new one goes on"
        );
        let new = Arc::new(connect(&place, &self.reports).ok()?);
        leave_behind(self.client.swap(Some(Arc::clone(&new))));
        Some(new)
    }
}
