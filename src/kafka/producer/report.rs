//! Delivery reports: from the broker to the sender of a record.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use tokio::sync::{Notify, oneshot};

use crate::kafka::broker_errors::Refusal;
use crate::kafka::client_log::client_log;
use crate::kafka::partition_fence::Transit;

use super::send_error::SendError;

/// The delivery report of one record; await it.
#[derive(Debug)]
pub struct DeliveryReport {
    topic: String,
    arrived: oneshot::Receiver<Result<(), KafkaError>>,
    _awaited: Awaited,
}

/// Counts a delivery report for as long as a caller holds it.
#[derive(Debug)]
struct Awaited(Arc<AtomicUsize>);

impl Awaited {
    fn count(awaited: &Arc<AtomicUsize>) -> Awaited {
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
    /// The opaque value to send along with a record for `topic`, and the delivery report; `awaited` counts the report while it is held.
    pub(super) fn new(topic: &str, transit: Option<Transit>, awaited: &Arc<AtomicUsize>) -> (Box<RecordOpaque>, Self) {
        let (sender, arrived) = oneshot::channel();
        let report = Self { topic: topic.into(), arrived, _awaited: Awaited::count(awaited) };
        (Box::new(RecordOpaque { sender, _transit: transit }), report)
    }

    /// The report if it has arrived; does not wait.
    pub fn try_result(&mut self) -> Option<Result<(), SendError>> {
        match self.arrived.try_recv() {
            Ok(result) => Some(self.with_topic(result)),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(self.closed())),
        }
    }

    fn with_topic(&self, result: Result<(), KafkaError>) -> Result<(), SendError> {
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
            Ok(result) => self.with_topic(result),
            Err(_) => Err(self.closed()),
        })
    }
}

/// The context of the client: passes every delivery report to its sender. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Reports {
    /// Notified of every report, which makes room in the queue.
    pub room: Arc<Notify>,
    /// Why the brokers refuse the client.
    pub refusal: Refusal,
}

/// What librdkafka carries with a record until its delivery report.
pub(super) struct RecordOpaque {
    sender: oneshot::Sender<Result<(), KafkaError>>,
    _transit: Option<Transit>,
}

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // records are not affected: each has its own report
        self.refusal.note(&error, reason);
        client_log("producer", &format!("{error}: {reason}"));
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<RecordOpaque>;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: Self::DeliveryOpaque) {
        let result = match result {
            Ok(_) => Ok(()),
            Err((cause, _)) => Err(cause.clone()),
        };
        // fails if the caller has dropped the report
        let _ = opaque.sender.send(result);
        self.room.notify_waiters();
    }
}
