//! Dead letters on their way: a record is off the books only when the broker has confirmed its burial.

use std::time::{Duration, Instant};

use super::delivery::{Record, Ticket};
use super::ledger::Ledger;
use super::producer::{DeliveryReport, Producer, SendError};
use super::records::DlqEnvelope;

/// Pause before a burial that failed is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The dead-letter records whose delivery reports are awaited.
pub(super) struct Burials {
    producer: Producer,
    /// Listeners without a group bury nothing: each of them would bury the same record.
    dead_letters: bool,
    open: Vec<(Ticket, DeliveryReport)>,
}

impl Burials {
    pub fn new(producer: Producer, dead_letters: bool) -> Self {
        Self { producer, dead_letters, open: Vec::new() }
    }

    /// Sends a dead record to the dead-letter topic of its own.
    pub fn bury(&mut self, record: Record, ticket: Ticket, causes: Vec<String>, ledger: &mut Ledger) {
        let cause = causes.last().cloned().unwrap_or_default();
        if !self.dead_letters {
            tracing::warn!(record = record.origin(), cause, "record given up after its last rejection");
            return ledger.buried(ticket);
        }
        let topic = DlqEnvelope::topic(&record.topic);
        let envelope = DlqEnvelope::of(&record, causes);
        tracing::warn!(record = record.origin(), cause, topic, "record goes to the dead-letter topic");
        let key = record.key.as_deref();
        match self.producer.start_send(&topic, key, &envelope.to_json()) {
            Ok(report) => self.open.push((ticket, report)),
            Err(error) => try_again(ticket, &error, ledger),
        }
    }

    /// Enters the burials that are confirmed, and those that failed to be tried again.
    pub fn collect(&mut self, ledger: &mut Ledger) {
        self.open.retain_mut(|(ticket, report)| {
            match report.try_result() {
                None => return true,
                Some(Ok(())) => {
                    fail::fail_point!("dead-letter-sent");
                    ledger.buried(*ticket);
                }
                Some(Err(error)) => try_again(*ticket, &error, ledger),
            }
            false
        });
    }
}

fn try_again(ticket: Ticket, error: &SendError, ledger: &mut Ledger) {
    tracing::warn!(%error, "dead letter not delivered; it is sent again");
    ledger.postpone(ticket, Instant::now() + RETRY_PAUSE);
}
