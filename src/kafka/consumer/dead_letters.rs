//! Dead letters that were sent and not yet confirmed: a dead record is settled only when the broker has confirmed its dead letter.

use std::sync::Arc;
use std::time::Instant;

use rdkafka::types::RDKafkaErrorCode;

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::producer::{DeliveryReport, Producer, SendError};
use crate::kafka::records::{DlqEnvelope, PAYLOAD_MAX_BYTES};

use super::acknowledgement::Ticket;
use super::ledger::{DeadRecord, Ledger};

/// The most bytes of a payload in the next attempt, after the broker refused a larger dead letter.
const SHORT_PAYLOAD_BYTES: usize = 1024;

/// The dead letters whose delivery reports are awaited.
pub(super) struct DeadLetters {
    producer: Producer,
    /// False for a consumer without a group: every such consumer would send a dead letter of the same record.
    is_enabled: bool,
    awaited: Vec<(Ticket, DeliveryReport)>,
    last_error: Option<String>,
    /// Whether the broker has refused a dead letter because of its size.
    is_size_limited: bool,
}

impl DeadLetters {
    pub fn new(producer: Producer, is_enabled: bool) -> Self {
        Self { producer, is_enabled, awaited: Vec::new(), last_error: None, is_size_limited: false }
    }

    /// Why the last dead letter was not delivered, until one is delivered.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Sends a dead record to its dead-letter topic if its partition is still assigned to this consumer.
    pub fn send(&mut self, dead: DeadRecord, fence: &Arc<PartitionFence>, ledger: &mut Ledger, now: Instant) {
        let DeadRecord { record, ticket, causes, failed_sends } = dead;
        let cause = causes.last().cloned().unwrap_or_default();
        if !self.is_enabled {
            tracing::warn!(record = record.origin(), cause, "record given up after its last rejection");
            return ledger.dead_letter_delivered(ticket);
        }
        let topic = DlqEnvelope::topic(&record.topic);
        if failed_sends == 0 {
            tracing::warn!(record = record.origin(), cause, topic, "record goes to the dead-letter topic");
        }
        let is_short = self.is_size_limited && failed_sends > 0;
        let payload_bytes_max = if is_short { SHORT_PAYLOAD_BYTES } else { PAYLOAD_MAX_BYTES };
        let envelope = DlqEnvelope::of(&record, causes, payload_bytes_max).to_json();
        let key = record.key.as_deref();
        match fence.while_open(|transit| self.producer.start_send_in_transit(&topic, key, &envelope, transit)) {
            Some(Ok(report)) => self.awaited.push((ticket, report)),
            // the producer is busy with other records: that is no failure of this one
            Some(Err(error)) if error.is_full() => ledger.dead_letter_waits(ticket, now),
            Some(Err(error)) => self.retry(ticket, &error, ledger, now),
            // the member that has the partition now sends the dead letter
            None => {}
        }
    }

    /// Enters the dead letters that are confirmed, and schedules those that failed for another attempt.
    pub fn collect_reports(&mut self, ledger: &mut Ledger, now: Instant) {
        for (ticket, mut report) in std::mem::take(&mut self.awaited) {
            match report.try_result() {
                None => self.awaited.push((ticket, report)),
                Some(Ok(())) => {
                    fail::fail_point!("dead-letter-sent");
                    self.last_error = None;
                    ledger.dead_letter_delivered(ticket);
                }
                Some(Err(error)) => self.retry(ticket, &error, ledger, now),
            }
        }
    }

    fn retry(&mut self, ticket: Ticket, error: &SendError, ledger: &mut Ledger, now: Instant) {
        self.is_size_limited |= error.code() == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        let (partition, offset) = (ticket.partition, ticket.offset);
        tracing::error!(
            event = "dead_letter_refused",
            partition,
            offset,
            %error,
            "dead letter not delivered; nothing after its record is committed until it is, and it is sent again (does its topic exist, and may this node write there?)"
        );
        self.last_error = Some(error.to_string());
        ledger.dead_letter_failed(ticket, now);
    }
}
