//! Dead letters that were sent and not yet confirmed: a dead record is settled only when the broker has confirmed its dead letter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::producer::{DeliveryReport, Outgoing, Producer, SendError};
use crate::kafka::records::{DeadLetterRecord, DeadLetterSize, DlqEnvelope};

use super::acknowledgement::Ticket;
use super::ledger::{DeadRecord, Ledger};

/// The dead letters whose delivery reports are awaited.
pub(super) struct DeadLetters {
    producer: Producer,
    /// False for a consumer without a group: every such consumer would send a dead letter of the same record.
    is_enabled: bool,
    awaited: Vec<(Ticket, DeliveryReport)>,
    last_error: Option<String>,
    /// The size of the next attempt at each dead letter that was too large for the broker.
    sizes: BTreeMap<Ticket, DeadLetterSize>,
}

impl DeadLetters {
    pub fn new(producer: Producer, is_enabled: bool) -> Self {
        Self { producer, is_enabled, awaited: Vec::new(), last_error: None, sizes: BTreeMap::new() }
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
        let size = self.sizes.get(&ticket).copied().unwrap_or(DeadLetterSize::FULL);
        let letter = DeadLetterRecord::of(&record, &causes, size);
        let headers: Vec<(&str, &[u8])> =
            letter.headers.iter().map(|(name, value)| (name.as_str(), &value[..])).collect();
        let outgoing =
            Outgoing { topic: &topic, key: letter.key.as_deref(), payload: &letter.payload, headers: &headers };
        match fence.while_open(|transit| self.producer.start_send_in_transit(outgoing, transit)) {
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
                    self.sizes.remove(&ticket);
                    ledger.dead_letter_delivered(ticket);
                }
                Some(Err(error)) => self.retry(ticket, &error, ledger, now),
            }
        }
    }

    fn retry(&mut self, ticket: Ticket, error: &SendError, ledger: &mut Ledger, now: Instant) {
        let (partition, offset) = (ticket.partition, ticket.offset);
        let size = self.sizes.get(&ticket).copied().unwrap_or(DeadLetterSize::FULL);
        if error.is_too_large()
            && let Some(smaller) = size.smaller()
        {
            tracing::warn!(event = "dead_letter_cut", partition, offset, %error, "dead letter cut further");
            self.sizes.insert(ticket, smaller);
            return ledger.dead_letter_waits(ticket, now);
        }
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
