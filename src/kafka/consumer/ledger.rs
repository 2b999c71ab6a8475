//! The ledger of one consumer: which records are delivered, how often each was rejected, what is due, and what may be committed.
//!
//! Pure: time is an argument, and nothing here knows a broker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde::Serialize;

use crate::kafka::record::Record;

use super::acknowledgement::{AckKind, Acknowledgement, Ticket};
use super::backpressure::InFlight;
use super::held_record::{HeldRecord, PAUSE_FOR_ROOM};
use super::offset_tracker::OffsetTracker;

/// Every record that a consumer has read and not yet settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ledger {
    partitions: BTreeMap<i32, PartitionState>,
    /// The end of each pause; an entry that differs from `due` of its record is stale.
    pauses: BTreeSet<(Instant, Ticket)>,
    epoch: u64,
    counts: Counts,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct PartitionState {
    tracker: OffsetTracker,
    held: BTreeMap<i64, HeldRecord>,
    /// The bytes of the held records.
    bytes: usize,
    epoch: u64,
    /// The offset of the last commit that was sent, whether or not it arrived.
    sent: Option<i64>,
    /// The committed offset in the last answer of the broker.
    confirmed: Option<i64>,
}

/// Counters of a consumer's records since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Counts {
    /// Records read.
    pub read: u64,
    /// Records whose effect is durable.
    pub done: u64,
    /// Rejections, up to three for each record.
    pub rejected: u64,
    /// How often records were handed back.
    pub handed_back: u64,
    /// Records that were given up after their last rejection.
    pub dead: u64,
    /// Records that were settled after their deadline, answered or not.
    pub expired: u64,
}

/// A record whose pause is over.
#[derive(Debug)]
pub(crate) enum Due {
    /// Deliver the record again.
    Again(Record, Ticket),
    /// The record was rejected for the last time: send its dead letter.
    Dead(DeadRecord),
}

/// A record that was rejected for the last time.
#[derive(Debug)]
pub(crate) struct DeadRecord {
    pub record: Record,
    pub ticket: Ticket,
    /// The cause of every rejection.
    pub causes: Vec<String>,
    /// How often its dead letter was not delivered.
    pub failed_sends: u32,
}

/// The position and the committed offset of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offsets {
    pub partition: i32,
    pub position: Option<i64>,
    pub committed: Option<i64>,
}

impl Ledger {
    /// Adds partitions that were assigned.
    pub fn assign(&mut self, partitions: impl IntoIterator<Item = i32>) {
        for partition in partitions {
            self.open(partition);
        }
    }

    /// Removes partitions that were revoked: later acknowledgements of their records are ignored.
    pub fn revoke(&mut self, partitions: impl IntoIterator<Item = i32>) {
        for partition in partitions {
            self.partitions.remove(&partition);
        }
    }

    /// Adds a record that was just read; answers with the ticket of its delivery.
    pub fn admit(&mut self, record: &Record) -> Ticket {
        let (partition, offset) = (record.partition, record.offset);
        let follows = match self.partitions.get_mut(&partition) {
            Some(state) => state.tracker.begin(offset),
            None => false,
        };
        if !follows {
            // the partition is new, or its log was truncated and starts again at a lower offset: forget the old state
            self.open(partition).tracker.begin(offset);
        }
        self.counts.read += 1;
        let state = self.partitions.entry(partition).or_default();
        state.held.insert(offset, HeldRecord::new(record.clone()));
        state.bytes += record.bytes();
        Ticket { partition, offset, epoch: state.epoch }
    }

    /// Enters an acknowledgement; one of an earlier assignment is ignored.
    pub fn settle(&mut self, acknowledgement: Acknowledgement, now: Instant) {
        let Acknowledgement { ticket, kind } = acknowledgement;
        if kind == AckKind::Ack {
            if let Some(held) = self.close(ticket) {
                match held.expired {
                    true => self.counts.expired += 1,
                    false => self.counts.done += 1,
                }
            }
            return;
        }
        let is_rejection = matches!(kind, AckKind::Nack(_));
        let Some(held) = self.held_mut(ticket) else { return };
        let pause = match kind {
            AckKind::Nack(rejection) => held.reject(rejection),
            AckKind::RetryAfter(pause) => held.hand_back_for(pause),
            AckKind::Retry | AckKind::Ack => held.hand_back(),
        };
        let counted = if is_rejection { &mut self.counts.rejected } else { &mut self.counts.handed_back };
        *counted += 1;
        self.pause_until(ticket, now + pause);
    }

    /// Notes that a record is delivered after its deadline.
    pub fn mark_expired(&mut self, ticket: Ticket) {
        if let Some(held) = self.held_mut(ticket) {
            held.expired = true;
        }
    }

    /// Settles a record whose deadline passed before it was delivered.
    pub fn expire(&mut self, ticket: Ticket) {
        self.counts.expired += u64::from(self.close(ticket).is_some());
    }

    /// Settles a dead record: its dead letter is delivered.
    pub fn dead_letter_delivered(&mut self, ticket: Ticket) {
        self.counts.dead += u64::from(self.close(ticket).is_some());
    }

    /// Schedules another attempt at a dead letter that was not delivered; the pause grows with every failure.
    pub fn dead_letter_failed(&mut self, ticket: Ticket, now: Instant) {
        let Some(held) = self.held_mut(ticket) else { return };
        let due = now + held.fail_send();
        self.pause_until(ticket, due);
    }

    /// Schedules another attempt at a dead letter for which the producer had no room; that is no failure.
    pub fn dead_letter_waits(&mut self, ticket: Ticket, now: Instant) {
        self.pause_until(ticket, now + PAUSE_FOR_ROOM);
    }

    /// Takes the records whose pause is over, the earliest first; they count as delivered again.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut taken = Vec::new();
        while let Some((due, ticket)) = self.pauses.first().copied().filter(|(due, _)| *due <= now) {
            self.pauses.pop_first();
            let Some(held) = self.held_mut(ticket).filter(|held| held.due == Some(due)) else { continue };
            held.due = None;
            let (record, failed_sends) = (held.record.clone(), held.failed_sends);
            taken.push(match held.dead {
                false => Due::Again(record, ticket),
                true => Due::Dead(DeadRecord { record, ticket, causes: held.causes.clone(), failed_sends }),
            });
        }
        taken
    }

    /// When the next record is due for redelivery, or its dead letter for sending.
    pub fn next_due(&self) -> Option<Instant> {
        self.pauses.first().map(|(due, _)| *due)
    }

    /// The records that are read and not settled.
    pub fn in_flight(&self) -> InFlight {
        let states = || self.partitions.values();
        InFlight {
            records: states().map(|state| state.held.len()).sum(),
            bytes: states().map(|state| state.bytes).sum(),
        }
    }

    /// Takes the committable offsets that differ from the last commit, by partition; from now on they count as sent.
    pub fn take_moved(&mut self) -> BTreeMap<i32, i64> {
        let mut moved = BTreeMap::new();
        for (partition, state) in &mut self.partitions {
            let committable = state.tracker.committable();
            if let Some(offset) = committable.filter(|_| committable != state.sent) {
                state.sent = Some(offset);
                moved.insert(*partition, offset);
            }
        }
        moved
    }

    /// The offsets that were sent and differ from what the broker has committed, by partition. A lower offset counts, too: a log that
    /// starts again is read from below the offset that was committed of the old log.
    pub fn unconfirmed(&self) -> BTreeMap<i32, i64> {
        let open = |(partition, state): (&i32, &PartitionState)| {
            let sent = state.sent.filter(|_| state.sent != state.confirmed)?;
            Some((*partition, sent))
        };
        self.partitions.iter().filter_map(open).collect()
    }

    /// Enters the committed offset in an answer of the broker.
    pub fn confirm(&mut self, partition: i32, committed: Option<i64>) {
        if let Some(state) = self.partitions.get_mut(&partition) {
            state.confirmed = committed;
        }
    }

    /// Position and committed offset of every assigned partition.
    pub fn offsets(&self) -> Vec<Offsets> {
        let offsets = |(partition, state): (&i32, &PartitionState)| Offsets {
            partition: *partition,
            position: state.tracker.position(),
            committed: state.confirmed,
        };
        self.partitions.iter().map(offsets).collect()
    }

    /// The counters so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Resets the counters.
    #[cfg(test)]
    pub fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }

    fn close(&mut self, ticket: Ticket) -> Option<HeldRecord> {
        let state = self.partitions.get_mut(&ticket.partition).filter(|state| state.epoch == ticket.epoch)?;
        let held = state.held.remove(&ticket.offset)?;
        state.bytes -= held.record.bytes();
        state.tracker.finish(ticket.offset);
        Some(held)
    }

    fn open(&mut self, partition: i32) -> &mut PartitionState {
        self.epoch += 1;
        let fresh = PartitionState { epoch: self.epoch, ..PartitionState::default() };
        let entry = self.partitions.entry(partition);
        entry.insert_entry(fresh).into_mut()
    }

    fn pause_until(&mut self, ticket: Ticket, due: Instant) {
        if let Some(held) = self.held_mut(ticket) {
            held.due = Some(due);
            self.pauses.insert((due, ticket));
        }
    }

    fn held_mut(&mut self, ticket: Ticket) -> Option<&mut HeldRecord> {
        let state = self.partitions.get_mut(&ticket.partition).filter(|state| state.epoch == ticket.epoch)?;
        state.held.get_mut(&ticket.offset)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
