//! Records are worked on at least once, whatever becomes of those that work on them. A real client against a
//! mock broker, or the real one where `FLTS_TEST_KAFKA` names it.

mod denied;
mod poison;
mod producer;

use std::time::{Duration, SystemTime};

use flts::kafka::{ConsumerLoop, ConsumerPhase, PublishError};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::fixture::{Bench, Reader, recv, until};

#[test]
fn a_finished_record_is_committed_and_does_not_come_again() {
    let bench = Bench::new();
    bench.send(&["a", "b"]);
    let first = Reader::start(&bench, Some("g"));
    first.next("a").done();
    first.next("b").done();
    first.stop();

    bench.send(&["c"]);
    let second = Reader::start(&bench, Some("g"));
    second.next("c").done();
    until("c is committed", || second.consumer.state().committed.get(&0) == Some(&3));
    second.stop();
}

#[test]
fn a_record_held_at_the_stop_comes_again() {
    let bench = Bench::new();
    bench.send(&["a", "b", "c"]);
    let first = Reader::start(&bench, Some("g"));
    first.next("a").done();
    let held = first.next("b");
    first.next("c").done();
    first.stop();
    assert!(!held.is_current(), "another member answers for it");
    held.done();

    let second = Reader::start(&bench, Some("g"));
    second.next("b").done();
    second.next("c").done();
    second.stop();
}

#[test]
fn the_commit_stays_at_the_lowest_record_that_is_still_held() {
    let bench = Bench::new();
    bench.send(&["a", "b", "c"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("a").done();
    let held = reader.next("b");
    reader.next("c").done();
    until("the prefix is committed", || reader.consumer.state().committed.get(&0) == Some(&1));
    assert_eq!(reader.consumer.state().records.done, 2);
    held.done();
    until("the rest is committed", || reader.consumer.state().committed.get(&0) == Some(&3));
    until("nothing is left to do", || reader.consumer.state().lag.get(&0) == Some(&0));
    reader.stop();
}

#[test]
fn a_record_whose_deadline_has_passed_is_settled_unseen_unless_somebody_answers_it() {
    let bench = Bench::new();
    let send = || {
        bench.send_odd(Some(b"late"), Some(("deadline_ms", "1000")));
        bench.send_odd(Some(b"early"), Some(("deadline_ms", "99999999999999")));
        bench.send_odd(Some(b"odd"), Some(("deadline_ms", "soon")));
    };
    send();
    let reader = Reader::start(&bench, Some("unseen"));
    ["early", "odd"].into_iter().for_each(|payload| reader.next(payload).done());
    reader.until_committed(0, 3);
    assert_eq!((reader.state().records.expired, reader.state().records.done), (1, 2));
    reader.stop();

    let reader = Reader::start_with(&bench, Some("answered"), &[], ConsumerLoop::answering_expired);
    let (record, delivery) = reader.next_record("late");
    assert!(record.is_expired(SystemTime::now()) && record.deadline() < Some(SystemTime::now()));
    delivery.done();
    let (record, delivery) = reader.next_record("early");
    assert!(record.deadline().is_some() && !record.is_expired(SystemTime::now()));
    delivery.done();
    reader.next("odd").done();
    reader.until_committed(0, 3);
    assert_eq!((reader.state().records.expired, reader.state().records.done), (1, 2));
    reader.stop();
}

#[test]
fn a_stop_waits_for_what_is_in_hand_and_commits_it() {
    let bench = Bench::new();
    bench.send(&["a", "b"]);
    let first = Reader::start(&bench, Some("g"));
    let (in_hand, kept) = (first.next("a"), first.next("b").waiting());
    first.consumer.stop();
    until("it drains", || first.state().phase == ConsumerPhase::Draining);
    let producer = bench.producer(&[]);
    let report = in_hand.publish(&producer, &bench.topic, None, b"c");
    bench.runtime.block_on(report.unwrap()).unwrap();
    in_hand.done();
    recv(&first.ended, "the end of the loop").unwrap();
    assert_eq!((first.state().phase, bench.committed("g", 0)), (ConsumerPhase::Complete, Some(1)));
    assert!(matches!(kept.publish(&producer, &bench.topic, None, b"d"), Err(PublishError::Lost)));

    let second = Reader::start(&bench, Some("g"));
    ["b", "c"].into_iter().for_each(|payload| second.next(payload).done());
    second.until_committed(0, 3);
    second.stop();
}

#[test]
fn a_record_handed_back_comes_again_and_never_counts_as_rejected() {
    let bench = Bench::new();
    bench.send(&["a"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("a").hand_back();
    reader.next("a").hand_back_for(Duration::from_millis(10));
    drop(reader.next("a"));
    reader.next("a").done();
    until("it is committed", || reader.consumer.state().committed.get(&0) == Some(&1));
    let records = reader.consumer.state().records;
    assert_eq!((records.handed_back, records.rejected, records.dead), (3, 0, 0));
    reader.stop();
}

#[test]
fn at_the_bound_reading_pauses_and_the_thread_goes_on_beating() {
    let bench = Bench::new();
    bench.send(&["0", "1", "2", "3", "4", "5"]);
    let reader = Reader::start_bounded(&bench, Some("g"), 2);
    let (first, second) = (reader.next("0"), reader.next("1"));
    until("reading is paused", || reader.consumer.state().paused);
    let beats = reader.beats();
    // Longer than the session: a member that did not poll would have lost its partition.
    std::thread::sleep(Duration::from_secs(5));
    assert!(reader.beats() > beats + 20);
    assert!(reader.waiting() <= 1, "at most the record already under way comes after the bound");
    assert_eq!(reader.consumer.state().assigned, [0]);

    first.done();
    second.done();
    for rest in ["2", "3", "4", "5"] {
        reader.next(rest).done();
    }
    until("all are committed", || reader.consumer.state().committed.get(&0) == Some(&6));
    assert_eq!(reader.consumer.state().records.read, 6);
    reader.stop();
}

#[test]
fn a_commit_that_the_broker_refused_is_sent_again() {
    let bench = Bench::mocked();
    bench.send(&["a"]);
    let reader = Reader::start(&bench, Some("g"));
    let delivery = reader.next("a");
    until("the start is settled", || reader.consumer.state().committed.get(&0) == Some(&0));
    let refused = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 2];
    bench.cluster().request_errors(RDKafkaApiKey::OffsetCommit, &refused);
    delivery.done();
    until("it is committed after all", || reader.consumer.state().committed.get(&0) == Some(&1));
    reader.stop();
}

#[test]
fn without_a_group_every_listener_hears_what_comes_from_now_on() {
    let bench = Bench::new();
    bench.send(&["old"]);
    let (first, second) = (Reader::start(&bench, None), Reader::start(&bench, None));
    for reader in [&first, &second] {
        until("it listens", || reader.consumer.state().assigned == [0]);
    }
    bench.send(&["new"]);
    first.next("new").done();
    second.next("new").done();
    until("both are settled", || first.consumer.state().in_flight + second.consumer.state().in_flight == 0);
    assert_eq!(first.consumer.state().committed.get(&0), None);
    first.stop();
    second.stop();
}

#[test]
fn an_outage_of_the_broker_is_told_and_waited_out() {
    let bench = Bench::mocked();
    let reader = Reader::start(&bench, Some("g"));
    until("it has its partition", || reader.consumer.state().assigned == [0]);
    bench.cluster().broker_down(1).unwrap();
    until("the outage is told", || reader.consumer.state().last_error.is_some());
    let beats = reader.beats();
    until("the thread goes on", || reader.beats() > beats + 3);
    bench.cluster().broker_up(1).unwrap();
    bench.send(&["after"]);
    reader.next("after").done();
    until("the recovery is told", || reader.consumer.state().last_error.is_none());
    reader.stop();
}

#[test]
fn a_stopped_reader_ends_soon_even_when_the_broker_is_away() {
    let bench = Bench::mocked();
    bench.send(&["a"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("a").done();
    bench.cluster().broker_down(1).unwrap();
    reader.consumer.stop();
    let ended = recv(&reader.ended, "the end of the loop");
    assert!(ended.is_ok());
}

#[test]
fn wrong_settings_are_an_error_that_names_them() {
    let bench = Bench::new();
    let reader = Reader::start_with(&bench, Some("g"), &[("no.such.setting", "1")], |work| work);
    let error = recv(&reader.ended, "the end of the loop").unwrap_err();
    assert!(error.contains("no.such.setting") && error.contains("KAFKA_CONFIG"), "{error}");
}

#[test]
fn reading_pauses_for_large_records_long_before_they_are_many() {
    let bench = Bench::new();
    let large = "x".repeat(200_000);
    bench.send(&[large.as_str(); 12]);
    let reader =
        Reader::start_with(&bench, Some("g"), &[], |work| work.max_in_flight(64).max_bytes_in_flight(1_000_000));
    until("reading is paused", || reader.state().paused);
    let held = reader.state();
    assert!(held.in_flight == 4 && held.in_flight_bytes < 1_000_000, "{held:?}");
    for _ in 0..12 {
        reader.next(&large).done();
    }
    reader.until_committed(0, 12);
    assert_eq!((reader.state().in_flight_bytes, reader.state().paused), (0, false));
    reader.stop();
}
