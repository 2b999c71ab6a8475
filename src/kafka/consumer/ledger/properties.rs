//! The ledger against every sequence of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::kafka::consumer::Rejection;

/// What happens to one partition of three.
#[derive(Debug, Clone)]
enum Event {
    /// A record is read, this many offsets after the last one.
    Read(i32, i64),
    /// The n-th oldest delivery is acknowledged, also if its partition was revoked meanwhile.
    Acknowledge(usize, AckKind),
    /// All pauses are over: records that wait are delivered again, and dead letters are delivered.
    Later,
    /// A commit is sent; it may be lost.
    Commit(bool),
    /// The broker is asked what is committed, and lost commits are sent again.
    Ask,
    Revoke(i32),
    /// The partition is assigned; the committed offset may be left from another log.
    Assign(i32, Option<i64>),
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        3 => Just(AckKind::Ack),
        1 => Just(AckKind::Nack("cause".into())),
        1 => Just(AckKind::Nack(Rejection::for_good("cause"))),
        1 => Just(AckKind::Retry),
        1 => Just(AckKind::RetryAfter(Duration::from_secs(60))),
    ];
    prop_oneof![
        6 => (0..3, 1..4_i64).prop_map(|(partition, gap)| Event::Read(partition, gap)),
        6 => (0..9_usize, kind).prop_map(|(nth, kind)| Event::Acknowledge(nth, kind)),
        2 => Just(Event::Later),
        2 => any::<bool>().prop_map(Event::Commit),
        1 => Just(Event::Ask),
        1 => (0..3).prop_map(Event::Revoke),
        1 => (0..3, prop::option::of(0..500_i64)).prop_map(|(partition, stale)| Event::Assign(partition, stale)),
    ]
}

/// The expected state, kept in the simplest way.
#[derive(Default)]
struct Truth {
    /// By partition: records of the present assignment that are not settled.
    open: BTreeMap<i32, BTreeSet<i64>>,
    /// By partition: one past the last record read in the present assignment.
    ends: BTreeMap<i32, i64>,
    /// The next offset of each log.
    next: BTreeMap<i32, i64>,
    /// The committed offsets at the broker.
    committed: BTreeMap<i32, i64>,
    out: Vec<Ticket>,
    lost: BTreeSet<u64>,
}

impl Truth {
    fn close(&mut self, ticket: Ticket) {
        if !self.lost.contains(&ticket.epoch)
            && let Some(open) = self.open.get_mut(&ticket.partition)
        {
            open.remove(&ticket.offset);
        }
    }

    fn lose(&mut self, partition: i32) {
        let epochs = self.out.iter().filter(|ticket| ticket.partition == partition).map(|ticket| ticket.epoch);
        self.lost.extend(epochs);
        self.open.remove(&partition);
        self.ends.remove(&partition);
    }

    fn committable(&self, partition: i32) -> Option<i64> {
        let lowest_open = self.open.get(&partition).and_then(|open| open.first().copied());
        lowest_open.or(self.ends.get(&partition).copied())
    }
}

fn record(partition: i32, offset: i64) -> Record {
    let (payload, headers) = (Bytes::new(), [].into());
    Record { topic: "t".into(), partition, offset, key: None, payload, tombstone: false, headers }
}

fn happen(ledger: &mut Ledger, truth: &mut Truth, event: Event, now: Instant) {
    match event {
        Event::Read(partition, gap) => {
            let next = truth.next.entry(partition).or_default();
            let offset = *next;
            *next += gap;
            truth.open.entry(partition).or_default().insert(offset);
            truth.ends.insert(partition, offset + 1);
            truth.out.push(ledger.admit(&record(partition, offset)));
        }
        Event::Acknowledge(nth, kind) if nth < truth.out.len() => {
            let ticket = truth.out.remove(nth);
            if kind == AckKind::Ack {
                truth.close(ticket);
            }
            ledger.settle(Acknowledgement { ticket, kind }, now);
        }
        Event::Acknowledge(..) => {}
        Event::Later => {
            for due in ledger.take_due(now + Duration::from_secs(60)) {
                match due {
                    Due::Again(_, ticket) => truth.out.push(ticket),
                    Due::Dead(dead) => {
                        ledger.dead_letter_delivered(dead.ticket);
                        truth.close(dead.ticket);
                    }
                }
            }
        }
        Event::Commit(arrives) => {
            let moved = ledger.take_moved();
            if arrives {
                truth.committed.extend(moved);
            }
        }
        Event::Ask => {
            for offsets in ledger.offsets() {
                ledger.confirm(offsets.partition, truth.committed.get(&offsets.partition).copied());
            }
            truth.committed.extend(ledger.unconfirmed());
        }
        Event::Revoke(partition) => {
            ledger.revoke([partition]);
            truth.lose(partition);
        }
        Event::Assign(partition, stale) => {
            ledger.assign([partition]);
            truth.lose(partition);
            if let Some(stale) = stale {
                truth.committed.insert(partition, stale);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_exactly_the_settled_prefix_is_committed(events in prop::collection::vec(event(), 1..120)) {
        let now = Instant::now();
        let (mut ledger, mut truth) = (Ledger::default(), Truth::default());
        let mut sent = BTreeMap::new();
        for event in events {
            if let Event::Revoke(partition) | Event::Assign(partition, _) = event {
                sent.remove(&partition);
            }
            happen(&mut ledger, &mut truth, event, now);
            // nothing unfinished is committed, and nothing finished is left out
            for (partition, state) in &ledger.partitions {
                prop_assert_eq!(state.tracker.committable(), truth.committable(*partition));
            }
            let open: usize = truth.open.values().map(BTreeSet::len).sum();
            prop_assert_eq!(ledger.in_flight().records, open);
            for (partition, offset) in ledger.clone().take_moved() {
                let before = sent.insert(partition, offset);
                prop_assert!(before <= Some(offset), "{partition}: {offset} after {before:?}");
            }
        }
        // in the end every delivery is acknowledged, and then everything that was read is committed
        for _ in 0..2 {
            happen(&mut ledger, &mut truth, Event::Later, now);
            while !truth.out.is_empty() {
                happen(&mut ledger, &mut truth, Event::Acknowledge(0, AckKind::Ack), now);
            }
        }
        for (partition, end) in &truth.ends {
            prop_assert_eq!(ledger.partitions[partition].tracker.committable(), Some(*end));
        }
        // also if the last commit is lost, and if the broker has a higher offset of an older log
        happen(&mut ledger, &mut truth, Event::Commit(false), now);
        happen(&mut ledger, &mut truth, Event::Ask, now);
        for (partition, end) in &truth.ends {
            prop_assert_eq!(truth.committed.get(partition), Some(end));
        }
        prop_assert_eq!(ledger.in_flight().records, 0);
    }
}
