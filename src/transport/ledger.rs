//! The books of one consumer: which records are out, how often each was rejected, what is due and what may be committed.
//!
//! Pure: time is an argument, and nothing here knows a broker.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::delivery::{Answer, Outcome, Record, Ticket};
use super::tracker::PrefixTracker;

/// Rejections after which a record is dead.
pub(super) const REJECTION_LIMIT: usize = 3;
/// Pause before a rejected record is routed again, by the number of its rejections.
const PAUSE_AFTER_REJECTION: [Duration; REJECTION_LIMIT - 1] = [Duration::from_millis(200), Duration::from_secs(1)];
/// Pause before a record that was handed back is routed again.
const PAUSE_AFTER_HAND_BACK: Duration = Duration::from_secs(1);

/// All that a consumer has read and not yet settled.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    partitions: BTreeMap<i32, Partition>,
    held: HashMap<(i32, i64), Held>,
    epoch: u64,
    counts: Counts,
}

/// What became of the records so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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
}

#[derive(Debug, Default)]
struct Partition {
    tracker: PrefixTracker,
    epoch: u64,
    /// The offset of the last commit sent, whether or not it arrived.
    sent: Option<i64>,
    /// The committed offset as the broker last told it.
    confirmed: Option<i64>,
}

#[derive(Debug)]
struct Held {
    record: Record,
    ticket: Ticket,
    causes: Vec<String>,
    /// When to route it again, or to bury it; `None` while somebody holds its delivery.
    due: Option<Instant>,
}

/// A record whose pause is over.
#[derive(Debug)]
pub(super) enum Due {
    /// To be routed once more.
    Again(Record, Ticket),
    /// Rejected for the last time, with the cause of every rejection.
    Dead(Record, Ticket, Vec<String>),
}

/// The offsets of one partition, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offsets {
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
            self.held.retain(|(owner, _), _| *owner != partition);
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
            self.revoke([partition]);
            self.open(partition).tracker.begin(offset);
        }
        let epoch = self.partitions[&partition].epoch;
        let ticket = Ticket { partition, offset, epoch };
        let held = Held { record: record.clone(), ticket, causes: Vec::new(), due: None };
        self.held.insert((partition, offset), held);
        self.counts.read += 1;
        ticket
    }

    /// Enters what became of a record; answers of a lost assignment change nothing.
    pub fn settle(&mut self, answer: Answer, now: Instant) {
        if answer.outcome == Outcome::Done {
            self.counts.done += u64::from(self.close(answer.ticket));
            return;
        }
        let Some(held) = self.held_mut(answer.ticket) else {
            return;
        };
        let Outcome::Rejected(cause) = answer.outcome else {
            held.due = Some(now + PAUSE_AFTER_HAND_BACK);
            self.counts.handed_back += 1;
            return;
        };
        let pause = PAUSE_AFTER_REJECTION.get(held.causes.len());
        held.causes.push(cause);
        let dead_at_once = Duration::ZERO;
        held.due = Some(now + pause.copied().unwrap_or(dead_at_once));
        self.counts.rejected += 1;
    }

    /// Takes a dead record off the books: it is on the dead-letter topic.
    pub fn buried(&mut self, ticket: Ticket) {
        self.counts.dead += u64::from(self.close(ticket));
    }

    /// Has a record come up again at `due`: its burial failed.
    pub fn postpone(&mut self, ticket: Ticket, due: Instant) {
        if let Some(held) = self.held_mut(ticket) {
            held.due = Some(due);
        }
    }

    /// The records whose pause is over, lowest offset first; they count as out again.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let is_due = |held: &&mut Held| held.due.is_some_and(|due| due <= now);
        let mut due: Vec<&mut Held> = self.held.values_mut().filter(is_due).collect();
        due.sort_by_key(|held| held.ticket);
        let take = |held: &mut Held| {
            held.due = None;
            let (record, ticket) = (held.record.clone(), held.ticket);
            match held.causes.len() < REJECTION_LIMIT {
                true => Due::Again(record, ticket),
                false => Due::Dead(record, ticket, held.causes.clone()),
            }
        };
        due.into_iter().map(take).collect()
    }

    /// When the next pause is over.
    pub fn next_due(&self) -> Option<Instant> {
        self.held.values().filter_map(|held| held.due).min()
    }

    /// How many records are read and not settled.
    pub fn in_flight(&self) -> usize {
        self.held.len()
    }

    /// How many records somebody holds just now.
    pub fn out(&self) -> usize {
        self.held.values().filter(|held| held.due.is_none()).count()
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

    /// The offsets sent that the broker has not shown as committed, nor any later one.
    pub fn unconfirmed(&self) -> BTreeMap<i32, i64> {
        let open = |(partition, books): (&i32, &Partition)| {
            let sent = books.sent.filter(|_| books.sent > books.confirmed)?;
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

    fn close(&mut self, ticket: Ticket) -> bool {
        if self.held_mut(ticket).is_none() {
            return false;
        }
        self.held.remove(&(ticket.partition, ticket.offset));
        let books = self.partitions.get_mut(&ticket.partition);
        books.is_some_and(|books| books.tracker.finish(ticket.offset))
    }

    fn open(&mut self, partition: i32) -> &mut Partition {
        self.epoch += 1;
        let fresh = Partition { epoch: self.epoch, ..Partition::default() };
        let entry = self.partitions.entry(partition);
        entry.insert_entry(fresh).into_mut()
    }

    fn held_mut(&mut self, ticket: Ticket) -> Option<&mut Held> {
        let held = self.held.get_mut(&(ticket.partition, ticket.offset));
        held.filter(|held| held.ticket == ticket)
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
