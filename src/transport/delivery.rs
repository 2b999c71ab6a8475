//! Acknowledging by ownership: a record comes with a [`Delivery`], and what becomes of that decides about the record.

use std::sync::mpsc::Sender;

use super::producer::{DeliveryReport, Producer, SendError};

/// One record read from a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic it was read from.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key, if it has one.
    pub key: Option<Vec<u8>>,
    /// Its bytes; empty for a tombstone.
    pub payload: Vec<u8>,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// Where it came from, `<topic>/<partition>/<offset>`: the same for every delivery of it.
    pub fn origin(&self) -> String {
        format!("{}/{}/{}", self.topic, self.partition, self.offset)
    }

    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut newest_first = self.headers.iter().rev();
        newest_first.find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }
}

/// The duty to answer for one record; answering uses it up, and dropping it is an answer too.
///
/// Dropped in a panic by whoever works on it, it is a rejection; dropped otherwise, as from a queue that dies with its owner, it
/// hands the record back.
#[derive(Debug)]
#[must_use = "a dropped delivery hands its record back"]
pub struct Delivery {
    ticket: Ticket,
    answers: Option<Sender<Answer>>,
    /// Whether somebody works on the record, and does not only keep it.
    in_hand: bool,
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
    pub(super) fn new(ticket: Ticket, answers: Sender<Answer>) -> Self {
        Self { ticket, answers: Some(answers), in_hand: true }
    }

    /// From here on the record waits for its turn: a panic is none of its doing.
    pub fn put_down(mut self) -> Self {
        self.in_hand = false;
        self
    }

    /// From here on somebody works on the record: a panic counts against it.
    pub fn take_up(mut self) -> Self {
        self.in_hand = true;
        self
    }

    /// From here on somebody works on the record, for so long that its partition goes without waiting for it.
    pub fn for_long(self) -> Self {
        self.take_up()
    }

    /// Hands a record to the producer, unless the partition of this one was taken away meanwhile; await the report before `done`.
    pub fn publish(
        &self,
        producer: &Producer,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<DeliveryReport, PublishError> {
        Ok(producer.start_send(topic, key, payload)?)
    }

    /// The record is at fault, and no further attempt would change that: it goes to the dead-letter topic now.
    pub fn reject_for_good(self, cause: impl Into<String>) {
        self.reject(cause);
    }

    /// The effect of the record is durable: it need not come again.
    pub fn done(mut self) {
        self.answer(Outcome::Done);
    }

    /// The record is at fault: it comes again, and after the third rejection it goes to the dead-letter topic with `cause`.
    pub fn reject(mut self, cause: impl Into<String>) {
        self.answer(Outcome::Rejected(cause.into()));
    }

    /// The record is not at fault (outage, shutdown): it comes again later, however often this happens.
    pub fn hand_back(mut self) {
        self.answer(Outcome::HandedBack);
    }

    fn answer(&mut self, outcome: Outcome) {
        let Some(answers) = self.answers.take() else {
            return;
        };
        // When the poll thread has ended, the record was not committed and comes again by itself.
        let _ = answers.send(Answer { ticket: self.ticket, outcome });
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.answer(match self.in_hand && std::thread::panicking() {
            true => Outcome::Rejected("a panic while the record was being worked on".into()),
            false => Outcome::HandedBack,
        });
    }
}

/// Names one record within one assignment of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    pub partition: i32,
    pub offset: i64,
    /// Grows with every assignment: answers for an assignment that was lost are recognised and ignored.
    pub epoch: u64,
}

/// What the holder of a delivery made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Rejected(String),
    HandedBack,
}

/// An outcome on its way back to the poll thread.
#[derive(Debug)]
pub(super) struct Answer {
    pub ticket: Ticket,
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::channel;

    /// What becomes of a record whose holder panics.
    fn outcome(hold: impl FnOnce(Delivery) -> Delivery) -> Outcome {
        let (sender, answers) = channel();
        let delivery = Delivery::new(Ticket { partition: 0, offset: 7, epoch: 1 }, sender);
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
    }
}
