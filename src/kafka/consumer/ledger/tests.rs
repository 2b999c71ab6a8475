//! The ledger by example.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::kafka::consumer::Rejection;

fn record(offset: i64) -> Record {
    let (payload, headers) = (Bytes::new(), [].into());
    Record { topic: "t".into(), partition: 0, offset, key: None, payload, tombstone: false, headers }
}

fn rejected(ticket: Ticket) -> Acknowledgement {
    let kind = AckKind::Nack(format!("cause at {}", ticket.offset).into());
    Acknowledgement { ticket, kind }
}

fn done(ticket: Ticket) -> Acknowledgement {
    let kind = AckKind::Ack;
    Acknowledgement { ticket, kind }
}

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

#[test]
fn a_rejected_record_is_due_after_200_ms_then_after_a_second_then_dead_at_once() {
    let start = Instant::now();
    let mut ledger = Ledger::default();
    let ticket = ledger.admit(&record(4));

    ledger.settle(rejected(ticket), start);
    assert!(ledger.take_due(start + ms(199)).is_empty());
    assert!(matches!(ledger.take_due(start + ms(200))[..], [Due::Again(..)]));

    ledger.settle(rejected(ticket), start);
    assert!(ledger.take_due(start + ms(999)).is_empty());
    assert!(matches!(ledger.take_due(start + ms(1000))[..], [Due::Again(..)]));

    ledger.settle(rejected(ticket), start);
    match &ledger.take_due(start)[..] {
        [Due::Dead(dead)] => assert_eq!((dead.record.offset, dead.causes.len()), (4, 3)),
        other => panic!("expected one dead record, got {other:?}"),
    }
    assert_eq!(ledger.in_flight().records, 1, "dead has no dead letter yet");
    ledger.dead_letter_delivered(ticket);
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 5)]));
    assert_eq!((ledger.counts().rejected, ledger.counts().dead), (3, 1));
}

#[test]
fn handing_back_never_counts_as_a_rejection() {
    let start = Instant::now();
    let mut ledger = Ledger::default();
    let ticket = ledger.admit(&record(0));
    for _ in 0..10 {
        let kind = AckKind::Retry;
        ledger.settle(Acknowledgement { ticket, kind }, start);
        assert!(matches!(ledger.take_due(start + ms(30_000))[..], [Due::Again(..)]));
    }
    assert_eq!((ledger.counts().handed_back, ledger.counts().rejected), (10, 0));
}

#[test]
fn a_record_handed_back_comes_ever_later_until_something_else_becomes_of_it() {
    let start = Instant::now();
    let mut ledger = Ledger::default();
    let ticket = ledger.admit(&record(0));
    let mut pause_after = |kind| {
        ledger.settle(Acknowledgement { ticket, kind }, start);
        let due = ledger.next_due().expect("it is due again");
        assert_eq!(ledger.take_due(due).len(), 1);
        due - start
    };
    for expected in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(pause_after(AckKind::Retry), ms(expected * 1000));
    }
    assert_eq!(pause_after(AckKind::Nack("cause".into())), ms(200));
    assert_eq!(pause_after(AckKind::Retry), ms(1000));
    // a holder that asks for a pause gets it
    assert_eq!(pause_after(AckKind::RetryAfter(ms(90_000))), ms(90_000));
    assert_eq!(pause_after(AckKind::RetryAfter(Duration::MAX)), Duration::from_secs(3600));
    assert_eq!(pause_after(AckKind::Retry), ms(1000));
}

#[test]
fn an_answer_for_a_lost_assignment_changes_nothing() {
    let mut ledger = Ledger::default();
    let old = ledger.admit(&record(0));
    ledger.revoke([0]);
    ledger.assign([0]);
    let new = ledger.admit(&record(0));
    assert_ne!(old, new);

    ledger.settle(rejected(old), Instant::now());
    ledger.settle(done(old), Instant::now());
    assert_eq!((ledger.in_flight().records, ledger.next_due()), (1, None));
    ledger.settle(done(new), Instant::now());
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 1)]));
}

#[test]
fn a_log_that_starts_again_lower_is_read_again() {
    let mut ledger = Ledger::default();
    let old = ledger.admit(&record(100));
    let new = ledger.admit(&record(0));
    ledger.settle(done(old), Instant::now());
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 0)]));
    ledger.settle(done(new), Instant::now());
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 1)]));
}

#[test]
fn a_commit_below_what_was_committed_of_an_older_log_is_sent_until_the_broker_shows_it() {
    let mut ledger = Ledger::default();
    ledger.assign([0]);
    ledger.confirm(0, Some(100));
    let ticket = ledger.admit(&record(0));
    ledger.settle(done(ticket), Instant::now());
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 1)]));
    ledger.confirm(0, Some(100));
    assert_eq!(ledger.unconfirmed(), BTreeMap::from([(0, 1)]));
    ledger.confirm(0, Some(1));
    assert_eq!(ledger.unconfirmed(), BTreeMap::new());
}

#[test]
fn a_burial_without_room_comes_up_soon_and_counts_as_no_failure() {
    let start = Instant::now();
    let mut ledger = Ledger::default();
    let ticket = ledger.admit(&record(0));
    let kind = AckKind::Nack(Rejection::for_good("cause"));
    ledger.settle(Acknowledgement { ticket, kind }, start);
    for _ in 0..10 {
        assert!(matches!(&ledger.take_due(start + ms(100))[..], [Due::Dead(dead)] if dead.failed_sends == 0));
        ledger.dead_letter_waits(ticket, start);
    }
    ledger.take_due(start + ms(100));
    ledger.dead_letter_failed(ticket, start);
    assert!(matches!(&ledger.take_due(start + ms(1000))[..], [Due::Dead(dead)] if dead.failed_sends == 1));
}

#[test]
fn a_commit_counts_as_open_until_the_broker_shows_it() {
    let mut ledger = Ledger::default();
    let ticket = ledger.admit(&record(7));
    ledger.settle(done(ticket), Instant::now());
    assert_eq!(ledger.take_moved(), BTreeMap::from([(0, 8)]));
    assert_eq!(ledger.take_moved(), BTreeMap::new());
    assert_eq!(ledger.unconfirmed(), BTreeMap::from([(0, 8)]));
    ledger.confirm(0, None);
    assert_eq!(ledger.unconfirmed(), BTreeMap::from([(0, 8)]));
    ledger.confirm(0, Some(8));
    assert_eq!(ledger.unconfirmed(), BTreeMap::new());
}
