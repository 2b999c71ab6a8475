//! The books of one consumer: which records are out, how often each was rejected, what is due and what may be committed.
//!
//! Pure: time is an argument, and nothing here knows a broker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde::Serialize;

use super::delivery::{Answer, Outcome, Ticket};
use super::held_record::{Held, PAUSE_FOR_ROOM, Partition};
use super::record::Record;

/// All that a consumer has read and not yet settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ledger {
    partitions: BTreeMap<i32, Partition>,
    /// The ends of all pauses; one that is no more that of its record says nothing.
    pauses: BTreeSet<(Instant, Ticket)>,
    epoch: u64,
    counts: Counts,
}

/// What became of the records so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Counts {
    /// Records read.
    pub read: u64,
    /// Records whose effect is durable.
    pub done: u64,
    /// Rejections, up to three a record.
    pub rejected: u64,
    /// Times a record was handed back.
    pub handed_back: u64,
    /// Records given up after their last rejection.
    pub dead: u64,
    /// Records settled after their deadline, whether or not somebody was told so.
    pub expired: u64,
}

/// A record whose pause is over.
#[derive(Debug)]
pub(crate) enum Due {
    /// To be routed once more.
    Again(Record, Ticket),
    /// Rejected for the last time.
    Dead(DeadRecord),
}

/// A record to be buried.
#[derive(Debug)]
pub(crate) struct DeadRecord {
    pub record: Record,
    pub ticket: Ticket,
    /// The cause of every rejection.
    pub causes: Vec<String>,
    /// How often the broker did not take it.
    pub failed_burials: u32,
}

/// The offsets of one partition, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offsets {
    pub partition: i32,
    pub position: Option<i64>,
    pub committed: Option<i64>,
}

impl Ledger {
    /// Opens the books of partitions newly assigned.
    pub fn assign(&mut self, partitions: impl IntoIterator<Item = i32>) {
        for partition in partitions {
            self.open(partition);
        }
    }

    /// Closes the books of partitions taken away: answers still out for them no longer count.
    pub fn revoke(&mut self, partitions: impl IntoIterator<Item = i32>) {
        for partition in partitions {
            self.partitions.remove(&partition);
        }
    }

    /// Takes in a record just read and gives the ticket for its delivery.
    pub fn admit(&mut self, record: &Record) -> Ticket {
        let (partition, offset) = (record.partition, record.offset);
        let follows = match self.partitions.get_mut(&partition) {
            Some(books) => books.tracker.begin(offset),
            None => false,
        };
        if !follows {
            // The partition is new here, or its log was cut and starts again lower: the old books mean nothing now.
            self.open(partition).tracker.begin(offset);
        }
        self.counts.read += 1;
        let books = self.partitions.entry(partition).or_default();
        books.held.insert(offset, Held::new(record.clone()));
        Ticket { partition, offset, epoch: books.epoch }
    }

    /// Enters what became of a record; answers of a lost assignment change nothing.
    pub fn settle(&mut self, answer: Answer, now: Instant) {
        let Answer { ticket, outcome } = answer;
        if outcome == Outcome::Done {
            if let Some(held) = self.close(ticket) {
                match held.expired {
                    true => self.counts.expired += 1,
                    false => self.counts.done += 1,
                }
            }
            return;
        }
        let is_rejection = matches!(outcome, Outcome::Rejected(_) | Outcome::RejectedForGood(_));
        let Some(held) = self.held_mut(ticket) else { return };
        let pause = match outcome {
            Outcome::Rejected(cause) => held.reject(cause, false),
            Outcome::RejectedForGood(cause) => held.reject(cause, true),
            Outcome::HandedBackFor(pause) => held.hand_back_for(pause),
            Outcome::HandedBack | Outcome::Done => held.hand_back(),
        };
        let counted = if is_rejection { &mut self.counts.rejected } else { &mut self.counts.handed_back };
        *counted += 1;
        self.pause_until(ticket, now + pause);
    }

    /// Notes that a record was given out after its deadline.
    pub fn mark_expired(&mut self, ticket: Ticket) {
        if let Some(held) = self.held_mut(ticket) {
            held.expired = true;
        }
    }

    /// Takes a record off the books whose deadline passed before anybody worked on it.
    pub fn expire(&mut self, ticket: Ticket) {
        self.counts.expired += u64::from(self.close(ticket).is_some());
    }

    /// Takes a dead record off the books: it is on the dead-letter topic.
    pub fn buried(&mut self, ticket: Ticket) {
        self.counts.dead += u64::from(self.close(ticket).is_some());
    }

    /// Has a record whose burial failed come up again, the later the more often that happened.
    pub fn burial_failed(&mut self, ticket: Ticket, now: Instant) {
        let Some(held) = self.held_mut(ticket) else { return };
        let due = now + held.fail_burial();
        self.pause_until(ticket, due);
    }

    /// Has a record come up for its burial again as soon as there may be room; that is no failure.
    pub fn burial_waits(&mut self, ticket: Ticket, now: Instant) {
        self.pause_until(ticket, now + PAUSE_FOR_ROOM);
    }

    /// The records whose pause is over, the longest over first; they count as out again.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut taken = Vec::new();
        while let Some((due, ticket)) = self.pauses.first().copied().filter(|(due, _)| *due <= now) {
            self.pauses.pop_first();
            let Some(held) = self.held_mut(ticket).filter(|held| held.due == Some(due)) else { continue };
            held.due = None;
            let (record, failed_burials) = (held.record.clone(), held.failed_burials);
            taken.push(match held.dead {
                false => Due::Again(record, ticket),
                true => Due::Dead(DeadRecord { record, ticket, causes: held.causes.clone(), failed_burials }),
            });
        }
        taken
    }

    /// When the next pause is over.
    pub fn next_due(&self) -> Option<Instant> {
        self.pauses.first().map(|(due, _)| *due)
    }

    /// How many records are read and not settled.
    pub fn in_flight(&self) -> usize {
        self.partitions.values().map(|books| books.held.len()).sum()
    }

    /// The offsets that moved since the last commit sent, by partition; from now on they count as sent.
    pub fn take_moved(&mut self) -> BTreeMap<i32, i64> {
        let mut moved = BTreeMap::new();
        for (partition, books) in &mut self.partitions {
            let committable = books.tracker.committable();
            if let Some(offset) = committable.filter(|_| committable != books.sent) {
                books.sent = Some(offset);
                moved.insert(*partition, offset);
            }
        }
        moved
    }

    /// The offsets sent that are not what the broker shows as committed: a lower one counts as open too, since a log that starts
    /// again is read from below of what was committed of the old one.
    pub fn unconfirmed(&self) -> BTreeMap<i32, i64> {
        let open = |(partition, books): (&i32, &Partition)| {
            let sent = books.sent.filter(|_| books.sent != books.confirmed)?;
            Some((*partition, sent))
        };
        self.partitions.iter().filter_map(open).collect()
    }

    /// Enters the committed offset that the broker told.
    pub fn confirm(&mut self, partition: i32, committed: Option<i64>) {
        if let Some(books) = self.partitions.get_mut(&partition) {
            books.confirmed = committed;
        }
    }

    /// Position and committed offset of every partition assigned.
    pub fn offsets(&self) -> Vec<Offsets> {
        let offsets = |(partition, books): (&i32, &Partition)| Offsets {
            partition: *partition,
            position: books.tracker.position(),
            committed: books.confirmed,
        };
        self.partitions.iter().map(offsets).collect()
    }

    /// What became of the records so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Starts counting anew.
    #[cfg(test)]
    pub fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }

    fn close(&mut self, ticket: Ticket) -> Option<Held> {
        let books = self.partitions.get_mut(&ticket.partition).filter(|books| books.epoch == ticket.epoch)?;
        let held = books.held.remove(&ticket.offset)?;
        books.tracker.finish(ticket.offset);
        Some(held)
    }

    fn open(&mut self, partition: i32) -> &mut Partition {
        self.epoch += 1;
        let fresh = Partition { epoch: self.epoch, ..Partition::default() };
        let entry = self.partitions.entry(partition);
        entry.insert_entry(fresh).into_mut()
    }

    fn pause_until(&mut self, ticket: Ticket, due: Instant) {
        if let Some(held) = self.held_mut(ticket) {
            held.due = Some(due);
            self.pauses.insert((due, ticket));
        }
    }

    fn held_mut(&mut self, ticket: Ticket) -> Option<&mut Held> {
        let books = self.partitions.get_mut(&ticket.partition).filter(|books| books.epoch == ticket.epoch)?;
        books.held.get_mut(&ticket.offset)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
