//! Delivery reports on their way from the broker to whoever waits for them.

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
    /// What goes along with a record for `topic`, and the report that comes of it; `awaited` counts it meanwhile.
    pub(crate) fn of(topic: &str, transit: Option<Transit>, awaited: &Arc<AtomicUsize>) -> (Box<Awaiting>, Self) {
        let (sender, arrived) = oneshot::channel();
        let report = Self { topic: topic.into(), arrived, _awaited: Awaited::one_more(awaited) };
        (Box::new(Awaiting { sender, _transit: transit }), report)
    }

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

/// Passes every delivery report to whoever waits for it; clones are one.
#[derive(Clone, Default)]
pub struct Reports {
    /// Told with every report.
    pub room: Arc<Notify>,
    /// Why the brokers do not let the client in.
    pub refusal: Refusal,
}

/// What a record carries until its report.
pub struct Awaiting {
    sender: oneshot::Sender<Result<(), KafkaError>>,
    _transit: Option<Transit>,
}

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Not fatal to any record: each has its own report.
        self.refusal.note(&error, reason);
        client_log("producer", &format!("{error}: {reason}"));
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Awaiting>;

    fn delivery(&self, result: &DeliveryResult<'_>, awaiting: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(_) => Ok(()),
            Err((cause, _)) => Err(cause.clone()),
        };
        // Nobody waits any more when the sender gave up: the record is out all the same.
        let _ = awaiting.sender.send(outcome);
        self.room.notify_waiters();
    }
}
