//! The books of one consumer: which records are out, how often each was rejected, what is due and what may be committed.
//!
//! Pure: time is an argument, and nothing here knows a broker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::delivery::{Answer, Outcome, Ticket};
use super::record::Record;
use super::tracker::PrefixTracker;

/// Rejections after which a record is dead.
pub(super) const REJECTION_LIMIT: usize = 3;
/// Pause before a rejected record is routed again, by the number of its rejections.
const PAUSE_AFTER_REJECTION: [Duration; REJECTION_LIMIT - 1] = [Duration::from_millis(200), Duration::from_secs(1)];
/// Pause before a record that was handed back is routed again: this at first, then doubled up to the longest.
const PAUSE_AFTER_HAND_BACK: Duration = Duration::from_secs(1);
const LONGEST_HAND_BACK_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that a holder may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Pause before a burial that failed is tried again: this at first, then doubled up to the longest.
const PAUSE_AFTER_BURIAL: Duration = Duration::from_secs(1);
const LONGEST_BURIAL_PAUSE: Duration = Duration::from_secs(60);

/// All that a consumer has read and not yet settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Ledger {
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

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Partition {
    tracker: PrefixTracker,
    held: BTreeMap<i64, Held>,
    epoch: u64,
    /// The offset of the last commit sent, whether or not it arrived.
    sent: Option<i64>,
    /// The committed offset as the broker last told it.
    confirmed: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    record: Record,
    causes: Vec<String>,
    dead: bool,
    expired: bool,
    failed_burials: u32,
    /// How often it was handed back in a row.
    hand_backs: u32,
    /// When to route it again, or to bury it; `None` while somebody holds its delivery.
    due: Option<Instant>,
}

/// A record whose pause is over.
#[derive(Debug)]
pub(super) enum Due {
    /// To be routed once more.
    Again(Record, Ticket),
    /// Rejected for the last time.
    Dead(Deceased),
}

/// A record to be buried.
#[derive(Debug)]
pub(super) struct Deceased {
    pub record: Record,
    pub ticket: Ticket,
    /// The cause of every rejection.
    pub causes: Vec<String>,
    /// How often the broker did not take it.
    pub failed_burials: u32,
}

/// The offsets of one partition, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offsets {
    pub partition: i32,
    pub position: Option<i64>,
    pub committed: Option<i64>,
}

impl Held {
    /// The pause after one more hand-back in a row.
    fn after_hand_back(&mut self) -> Duration {
        let pause = PAUSE_AFTER_HAND_BACK * 2_u32.pow(self.hand_backs.min(5));
        self.hand_backs += 1;
        pause.min(LONGEST_HAND_BACK_PAUSE)
    }
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
        let record = record.clone();
        let held = Held {
            record,
            causes: Vec::new(),
            dead: false,
            expired: false,
            failed_burials: 0,
            hand_backs: 0,
            due: None,
        };
        books.held.insert(offset, held);
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
        let Some(held) = self.held_mut(ticket) else {
            return;
        };
        let (cause, for_good) = match outcome {
            Outcome::Rejected(cause) => (cause, false),
            Outcome::RejectedForGood(cause) => (cause, true),
            Outcome::HandedBack | Outcome::HandedBackFor(_) | Outcome::Done => {
                let pause = match outcome {
                    Outcome::HandedBackFor(pause) => {
                        held.hand_backs = 0;
                        pause.min(LONGEST_PAUSE)
                    }
                    _ => held.after_hand_back(),
                };
                self.counts.handed_back += 1;
                return self.pause_until(ticket, now + pause);
            }
        };
        held.hand_backs = 0;
        let pause = PAUSE_AFTER_REJECTION.get(held.causes.len()).filter(|_| !for_good);
        held.causes.push(cause);
        held.dead = pause.is_none();
        let dead_at_once = Duration::ZERO;
        let due = now + pause.copied().unwrap_or(dead_at_once);
        self.counts.rejected += 1;
        self.pause_until(ticket, due);
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
        let pause = PAUSE_AFTER_BURIAL * 2_u32.saturating_pow(held.failed_burials.min(6));
        held.failed_burials += 1;
        self.pause_until(ticket, now + pause.min(LONGEST_BURIAL_PAUSE));
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
                true => Due::Dead(Deceased { record, ticket, causes: held.causes.clone(), failed_burials }),
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
#[path = "ledger_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "ledger_properties.rs"]
mod properties;
