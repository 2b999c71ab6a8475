//! Dead letters on their way: a record is off the books only when the broker has confirmed its burial.

use std::sync::Arc;
use std::time::Instant;

use rdkafka::types::RDKafkaErrorCode;

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::producer::{DeliveryReport, Producer, SendError};
use crate::kafka::records::{DlqEnvelope, PAYLOAD_MAX_BYTES};

use super::delivery::Ticket;
use super::ledger::{DeadRecord, Ledger};

/// Bytes of the payload that are kept when the broker took no larger letter.
const STUB_BYTES: usize = 1024;

/// The dead-letter records whose delivery reports are awaited.
pub(crate) struct DeadLetters {
    producer: Producer,
    /// Listeners without a group bury nothing: each of them would bury the same record.
    dead_letters: bool,
    open: Vec<(Ticket, DeliveryReport)>,
    trouble: Option<String>,
    /// The broker said that a letter was too large.
    small: bool,
}

impl DeadLetters {
    pub fn new(producer: Producer, dead_letters: bool) -> Self {
        Self { producer, dead_letters, open: Vec::new(), trouble: None, small: false }
    }

    /// Why the last burial failed, until one succeeds.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Sends a dead record to the dead-letter topic of its own, as long as its partition is ours.
    pub fn bury(&mut self, deceased: DeadRecord, tenure: &Arc<PartitionFence>, ledger: &mut Ledger, now: Instant) {
        let DeadRecord { record, ticket, causes, failed_burials } = deceased;
        let cause = causes.last().cloned().unwrap_or_default();
        if !self.dead_letters {
            tracing::warn!(record = record.origin(), cause, "record given up after its last rejection");
            return ledger.buried(ticket);
        }
        let topic = DlqEnvelope::topic(&record.topic);
        if failed_burials == 0 {
            tracing::warn!(record = record.origin(), cause, topic, "record goes to the dead-letter topic");
        }
        let limit = if self.small && failed_burials > 0 { STUB_BYTES } else { PAYLOAD_MAX_BYTES };
        let envelope = DlqEnvelope::of(&record, causes, limit).to_json();
        let key = record.key.as_deref();
        match tenure.while_current(|transit| self.producer.hand_over(&topic, key, &envelope, Some(transit))) {
            Some(Ok(report)) => self.open.push((ticket, report)),
            // others have much to send: that says nothing about the letter
            Some(Err(error)) if error.is_full() => ledger.burial_waits(ticket, now),
            Some(Err(error)) => self.try_again(ticket, &error, ledger, now),
            // whoever has the partition now buries it
            None => {}
        }
    }

    /// Enters the burials that are confirmed, and those that failed to be tried again.
    pub fn collect(&mut self, ledger: &mut Ledger, now: Instant) {
        for (ticket, mut report) in std::mem::take(&mut self.open) {
            match report.try_result() {
                None => self.open.push((ticket, report)),
                Some(Ok(())) => {
                    fail::fail_point!("dead-letter-sent");
                    self.trouble = None;
                    ledger.buried(ticket);
                }
                Some(Err(error)) => self.try_again(ticket, &error, ledger, now),
            }
        }
    }

    fn try_again(&mut self, ticket: Ticket, error: &SendError, ledger: &mut Ledger, now: Instant) {
        self.small |= error.code() == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        let (partition, offset) = (ticket.partition, ticket.offset);
        tracing::error!(
            event = "dead_letter_refused",
            partition,
            offset,
            %error,
            "dead letter not delivered; nothing after its record is committed until it is, and it is sent again (does its topic exist, and may this node write there?)"
        );
        self.trouble = Some(error.to_string());
        ledger.burial_failed(ticket, now);
    }
}
