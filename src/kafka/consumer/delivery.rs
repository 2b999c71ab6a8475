//! A record comes with a [`Delivery`]: its holder acknowledges the record, rejects it or hands it back.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::producer::{DeliveryReport, Outgoing, Producer, SendError};

use super::acknowledgement::{AckKind, Acknowledgement, Rejection, Ticket};

/// The duty to acknowledge one record. Every acknowledgement consumes the delivery, and so does dropping it.
///
/// A delivery that is dropped in a panic of its worker rejects the record. Dropped otherwise, as from a queue that ends with its owner, it
/// hands the record back.
#[derive(Debug)]
#[must_use = "a dropped delivery hands its record back"]
pub struct Delivery {
    ticket: Ticket,
    acknowledgements: Option<Sender<Acknowledgement>>,
    fence: Arc<PartitionFence>,
    work: WorkState,
}

/// What the holder of a delivery does with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkState {
    /// The record waits for its turn.
    Waiting,
    /// The record is worked on, and will be acknowledged soon.
    InHand,
    /// The record is worked on for longer than a revocation can wait.
    LongRunning,
}

/// Why a result of a record was not published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The record's partition belongs to another member of the group, which works on the record now.
    #[error("the partition of the record was revoked, and another member of the group works on the record now")]
    Lost,
    /// The producer did not take the result.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Delivery {
    pub(super) fn new(ticket: Ticket, acknowledgements: Sender<Acknowledgement>, fence: Arc<PartitionFence>) -> Self {
        fence.count_in_hand(true);
        Self { ticket, acknowledgements: Some(acknowledgements), fence, work: WorkState::InHand }
    }

    /// The record waits for its turn from now on: a panic does not reject it, and a revocation does not wait for it.
    pub fn waiting(self) -> Self {
        self.with_work(WorkState::Waiting)
    }

    /// The record is worked on from now on: a panic rejects it, and a revocation waits until it is acknowledged.
    pub fn in_hand(self) -> Self {
        self.with_work(WorkState::InHand)
    }

    /// The record is worked on from now on, for so long that a revocation does not wait for it; a panic rejects it.
    pub fn long_running(self) -> Self {
        self.with_work(WorkState::LongRunning)
    }

    /// Whether the record's partition is still assigned to this consumer. If it is not, an acknowledgement has no effect.
    pub fn is_current(&self) -> bool {
        self.fence.is_open()
    }

    /// Gives a result of the record to the producer, unless the record's partition was revoked. Await the delivery report before
    /// `done`. While the producer is full (`SendError::is_full`), wait for its `room`.
    pub fn publish(
        &self,
        producer: &Producer,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<DeliveryReport, PublishError> {
        self.publish_record(producer, Outgoing { topic, key, payload, headers: &[] })
    }

    /// Gives a result of the record with headers to the producer, as [`publish`](Self::publish) does.
    pub fn publish_record(&self, producer: &Producer, record: Outgoing<'_>) -> Result<DeliveryReport, PublishError> {
        let sent = self.fence.while_open(|transit| producer.start_send_in_transit(record, transit));
        Ok(sent.ok_or(PublishError::Lost)??)
    }

    /// Publishes a result of the record as [`publish_record`](Self::publish_record) does, and waits for the delivery report; a full
    /// producer is waited for first.
    pub async fn publish_confirmed(&self, producer: &Producer, record: Outgoing<'_>) -> Result<(), PublishError> {
        loop {
            match self.publish_record(producer, record) {
                Ok(report) => return Ok(report.await?),
                Err(PublishError::Send(error)) if error.is_full() => producer.room().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Acknowledges the record: its effect is durable, and its offset may be committed.
    pub fn done(mut self) {
        self.acknowledge(AckKind::Ack);
    }

    /// Rejects the record, which is at fault: it is delivered again, and after the third rejection, or one for good, it goes to the
    /// dead-letter topic. A text is the cause of a rejection that is not for good.
    pub fn reject(mut self, rejection: impl Into<Rejection>) {
        self.acknowledge(AckKind::Nack(rejection.into()));
    }

    /// Hands back the record, which is not at fault (outage, shutdown): it is delivered again, after a pause that grows each time.
    pub fn hand_back(mut self) {
        self.acknowledge(AckKind::Retry);
    }

    /// Hands back a record that can be worked on only later: it is delivered again after `pause`, an hour at most.
    pub fn hand_back_for(mut self, pause: Duration) {
        self.acknowledge(AckKind::RetryAfter(pause));
    }

    fn with_work(mut self, work: WorkState) -> Self {
        let (before, after) = (self.work == WorkState::InHand, work == WorkState::InHand);
        if before != after {
            self.fence.count_in_hand(after);
        }
        self.work = work;
        self
    }

    fn acknowledge(&mut self, kind: AckKind) {
        let Some(acknowledgements) = self.acknowledgements.take() else {
            return;
        };
        // if the poll thread has ended, the record was not committed and is read again
        let _ = acknowledgements.send(Acknowledgement { ticket: self.ticket, kind });
        // counted after the send: when nothing is in hand, every acknowledgement is in the channel
        if self.work == WorkState::InHand {
            self.fence.count_in_hand(false);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.acknowledge(match self.work != WorkState::Waiting && std::thread::panicking() {
            true => AckKind::Nack("a panic while the record was being worked on".into()),
            false => AckKind::Retry,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::channel;

    const TICKET: Ticket = Ticket { partition: 0, offset: 7, epoch: 1 };

    /// How a record is acknowledged whose holder panics.
    fn ack_kind(hold: impl FnOnce(Delivery) -> Delivery) -> AckKind {
        let (sender, acknowledgements) = channel();
        let delivery = Delivery::new(TICKET, sender, PartitionFence::open());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = hold(delivery);
            panic!("the holder panics");
        }));
        assert!(panicked.is_err());
        acknowledgements.recv().expect("it is acknowledged").kind
    }

    #[test]
    fn a_panic_counts_against_the_record_in_hand_and_not_against_one_that_waits() {
        assert!(matches!(ack_kind(|delivery| delivery), AckKind::Nack(_)));
        assert_eq!(ack_kind(Delivery::waiting), AckKind::Retry);
        assert!(matches!(ack_kind(|delivery| delivery.waiting().in_hand()), AckKind::Nack(_)));
        assert!(matches!(ack_kind(Delivery::long_running), AckKind::Nack(_)));
    }

    #[test]
    fn only_what_is_in_hand_is_waited_for() {
        let (sender, _acknowledgements) = channel();
        let fence = PartitionFence::open();
        let new = || Delivery::new(TICKET, sender.clone(), fence.clone());
        let (kept, long, answered, held) = (new().waiting(), new().long_running(), new(), new());
        assert_eq!(fence.in_hand(), 2);
        answered.done();
        assert_eq!(fence.in_hand(), 1);
        drop((kept, long, held));
        assert_eq!(fence.in_hand(), 0);
    }

    #[test]
    fn after_the_end_of_its_tenure_a_record_publishes_nothing() {
        let (sender, _acknowledgements) = channel();
        let fence = PartitionFence::open();
        let delivery = Delivery::new(TICKET, sender, fence.clone());
        let producer = Producer::without_broker();
        let publish = || delivery.publish(&producer, "answers", None, b"x").unwrap_err();
        assert!(delivery.is_current() && matches!(publish(), PublishError::Send(_)));
        fence.close();
        assert!(!delivery.is_current() && matches!(publish(), PublishError::Lost));
        assert_eq!(fence.in_transit(), 0);
    }
}
