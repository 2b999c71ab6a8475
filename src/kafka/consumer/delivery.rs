//! Acknowledging by ownership: a record comes with a [`Delivery`], and what becomes of that decides about the record.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::producer::{DeliveryReport, Producer, SendError};

/// The duty to answer for one record; answering uses it up, and dropping it is an answer too.
///
/// Dropped in a panic by whoever works on it, it is a rejection; dropped otherwise, as from a queue that dies with its owner, it
/// hands the record back.
#[derive(Debug)]
#[must_use = "a dropped delivery hands its record back"]
pub struct Delivery {
    ticket: Ticket,
    answers: Option<Sender<Answer>>,
    tenure: Arc<PartitionFence>,
    hold: Hold,
}

/// What the holder of a delivery does with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// It only keeps it.
    Kept,
    /// It works on it, and will soon be done.
    InHand,
    /// It works on it for longer than anybody can wait for.
    ForLong,
}

/// Why something was not published for a record.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The record's partition belongs to another member, which answers for the record.
    #[error("the partition of the record was taken away, and whoever has it now works on the record")]
    Lost,
    /// The producer did not take it.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Delivery {
    pub(crate) fn new(ticket: Ticket, answers: Sender<Answer>, tenure: Arc<PartitionFence>) -> Self {
        tenure.take_in_hand(true);
        Self { ticket, answers: Some(answers), tenure, hold: Hold::InHand }
    }

    /// From here on the record waits for its turn: a panic is none of its doing, and a partition goes without waiting for it.
    pub fn put_down(self) -> Self {
        self.held(Hold::Kept)
    }

    /// From here on somebody works on the record: a panic counts against it, and its partition goes only when it is answered.
    pub fn take_up(self) -> Self {
        self.held(Hold::InHand)
    }

    /// From here on somebody works on the record, for so long that its partition goes without waiting for it.
    pub fn for_long(self) -> Self {
        self.held(Hold::ForLong)
    }

    /// Whether the partition is still the one that the record came from: if not, whatever becomes of the record here is
    /// nobody's news.
    pub fn is_current(&self) -> bool {
        self.tenure.is_current()
    }

    /// Hands a record to the producer, unless the partition of this one was taken away meanwhile; await the report before
    /// `done`. While the producer is full (`SendError::is_full`), wait for its `room`.
    pub fn publish(
        &self,
        producer: &Producer,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<DeliveryReport, PublishError> {
        let handed = self.tenure.while_current(|transit| producer.hand_over(topic, key, payload, Some(transit)));
        Ok(handed.ok_or(PublishError::Lost)??)
    }

    /// The effect of the record is durable: it need not come again.
    pub fn done(mut self) {
        self.answer(Outcome::Done);
    }

    /// The record is at fault: it comes again, and after the third rejection it goes to the dead-letter topic with `cause`.
    pub fn reject(mut self, cause: impl Into<String>) {
        self.answer(Outcome::Rejected(cause.into()));
    }

    /// The record is at fault, and no further attempt would change that: it goes to the dead-letter topic now.
    pub fn reject_for_good(mut self, cause: impl Into<String>) {
        self.answer(Outcome::RejectedForGood(cause.into()));
    }

    /// The record is not at fault (outage, shutdown): it comes again, however often this happens, and each time later.
    pub fn hand_back(mut self) {
        self.answer(Outcome::HandedBack);
    }

    /// The same for a record that can be worked on only later: it comes again after `pause`, an hour at most.
    pub fn hand_back_for(mut self, pause: Duration) {
        self.answer(Outcome::HandedBackFor(pause));
    }

    fn held(mut self, hold: Hold) -> Self {
        let (before, after) = (self.hold == Hold::InHand, hold == Hold::InHand);
        if before != after {
            self.tenure.take_in_hand(after);
        }
        self.hold = hold;
        self
    }

    fn answer(&mut self, outcome: Outcome) {
        let Some(answers) = self.answers.take() else {
            return;
        };
        // When the poll thread has ended, the record was not committed and comes again by itself.
        let _ = answers.send(Answer { ticket: self.ticket, outcome });
        // after the answer: whoever sees that nothing is in hand finds every answer there
        if self.hold == Hold::InHand {
            self.tenure.take_in_hand(false);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.answer(match self.hold != Hold::Kept && std::thread::panicking() {
            true => Outcome::Rejected("a panic while the record was being worked on".into()),
            false => Outcome::HandedBack,
        });
    }
}

/// Names one record within one assignment of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub partition: i32,
    pub offset: i64,
    /// Grows with every assignment: answers for an assignment that was lost are recognised and ignored.
    pub epoch: u64,
}

/// What the holder of a delivery made of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Done,
    Rejected(String),
    RejectedForGood(String),
    HandedBack,
    HandedBackFor(Duration),
}

/// An outcome on its way back to the poll thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Answer {
    pub ticket: Ticket,
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::channel;

    const TICKET: Ticket = Ticket { partition: 0, offset: 7, epoch: 1 };

    /// What becomes of a record whose holder panics.
    fn outcome(hold: impl FnOnce(Delivery) -> Delivery) -> Outcome {
        let (sender, answers) = channel();
        let delivery = Delivery::new(TICKET, sender, PartitionFence::begin());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = hold(delivery);
            panic!("the holder dies");
        }));
        assert!(panicked.is_err());
        answers.recv().expect("it is answered").outcome
    }

    #[test]
    fn a_panic_counts_against_the_record_in_hand_and_not_against_one_that_waits() {
        assert!(matches!(outcome(|delivery| delivery), Outcome::Rejected(_)));
        assert_eq!(outcome(Delivery::put_down), Outcome::HandedBack);
        assert!(matches!(outcome(|delivery| delivery.put_down().take_up()), Outcome::Rejected(_)));
        assert!(matches!(outcome(Delivery::for_long), Outcome::Rejected(_)));
    }

    #[test]
    fn only_what_is_in_hand_is_waited_for() {
        let (sender, _answers) = channel();
        let tenure = PartitionFence::begin();
        let new = || Delivery::new(TICKET, sender.clone(), tenure.clone());
        let (kept, long, answered, held) = (new().put_down(), new().for_long(), new(), new());
        assert_eq!(tenure.in_hand(), 2);
        answered.done();
        assert_eq!(tenure.in_hand(), 1);
        drop((kept, long, held));
        assert_eq!(tenure.in_hand(), 0);
    }

    #[test]
    fn after_the_end_of_its_tenure_a_record_publishes_nothing() {
        let (sender, _answers) = channel();
        let tenure = PartitionFence::begin();
        let delivery = Delivery::new(TICKET, sender, tenure.clone());
        let producer = Producer::without_broker();
        let publish = || delivery.publish(&producer, "answers", None, b"x").unwrap_err();
        assert!(delivery.is_current() && matches!(publish(), PublishError::Send(_)));
        tenure.end();
        assert!(!delivery.is_current() && matches!(publish(), PublishError::Lost));
        assert_eq!(tenure.in_transit(), 0);
    }
}
