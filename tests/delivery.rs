//! Records are worked on at least once, whatever becomes of those that work on them. A real client against a
//! mock broker, or the real one where `FLTS_TEST_KAFKA` names it.

#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "delivery/fixture.rs"]
mod fixture;

use std::time::{Duration, SystemTime};

use fixture::{Bench, LONGEST, Reader, recv, until};
use flts::transport::{ConsumerLoop, Phase, PublishError};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::{Value, json};

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
    assert_eq!(reader.consumer.state().lag.get(&0), Some(&0));
    reader.stop();
}

#[test]
fn a_record_rejected_three_times_goes_to_the_dead_letter_topic_and_is_committed() {
    let bench = Bench::new();
    let mut graves = bench.dead_letters();
    bench.send(&["bad", "good"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("bad").reject("cause 1");
    reader.next("good").done();
    reader.next("bad").reject("cause 2");
    reader.next("bad").reject("cause 3");

    let envelope = graves.next();
    assert_eq!((envelope.status.as_str(), envelope.error.as_str(), envelope.count), ("Failure", "cause 3", 3));
    assert_eq!(envelope.causes, ["cause 1", "cause 2", "cause 3"]);
    assert_eq!((envelope.payload, envelope.payload_encoding.as_str()), (serde_json::json!("bad"), "text"));
    let origin = envelope.origin.expect("a dead record tells where it was read");
    assert_eq!((origin.partition, origin.offset, origin.key.as_deref()), (0, 0, Some("key")));
    until("both are committed", || reader.consumer.state().committed.get(&0) == Some(&2));
    assert_eq!(reader.consumer.state().records.dead, 1);
    reader.stop();
}

#[test]
fn a_record_rejected_for_good_is_dead_at_once() {
    let bench = Bench::new();
    let mut graves = bench.dead_letters();
    bench.send(&["bad"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("bad").reject_for_good("three attempts were made elsewhere");
    let envelope = graves.next();
    assert_eq!((envelope.error.as_str(), envelope.count), ("three attempts were made elsewhere", 1));
    reader.until_committed(0, 1);
    reader.stop();
}

#[test]
fn poison_of_every_kind_is_buried_with_what_is_left_of_it_and_stops_nobody() {
    let bench = Bench::new();
    let mut graves = bench.dead_letters();
    let reader = Reader::start(&bench, Some("g"));
    let garbage: Vec<u8> = (0..1_000_000_u32).map(|nth| (nth.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let control = "\u{1}".repeat(900_000);
    let large = format!("[{}1]", "1234567,".repeat(100_000));
    bench.send_bytes(&[0xff, 0xfe]);
    bench.send_bytes(&garbage);
    bench.send_bytes(control.as_bytes());
    bench.send_bytes(large.as_bytes());
    bench.send_odd(None, None);
    bench.send(&["", "{\"a\":1}"]);
    let mut buried = || {
        let (record, delivery) = reader.next_record("poison");
        delivery.reject_for_good("poison".repeat(100_000));
        let envelope = graves.next();
        assert!(envelope.to_json().len() < 400_000 && envelope.error.starts_with("poisonpoison"));
        if let Some(truncated) = &envelope.truncated {
            assert_eq!((truncated.size, truncated.sha256.len()), (record.payload.len(), 64));
        }
        (envelope.payload_encoding, envelope.truncated.is_some(), envelope.payload)
    };
    assert_eq!(buried(), ("base64".into(), false, json!("//4=")));
    assert!(matches!(buried(), (encoding, true, Value::String(_)) if encoding == "base64"));
    assert!(matches!(buried(), (encoding, true, Value::String(_)) if encoding == "text"));
    assert!(matches!(buried(), (encoding, true, Value::String(_)) if encoding == "text"));
    assert_eq!(buried(), ("none".into(), false, Value::Null));
    assert_eq!(buried(), ("text".into(), false, json!("")));
    assert_eq!(buried(), ("json".into(), false, json!({"a": 1})));
    reader.until_committed(0, 7);
    reader.stop();
}

#[test]
fn a_dead_letter_that_the_broker_refuses_is_told_and_sent_again_and_nothing_is_committed_before() {
    let bench = Bench::mocked();
    bench.send(&["bad", "good"]);
    let reader = Reader::start(&bench, Some("g"));
    let bad = reader.next("bad");
    reader.next("good").done();
    let refused = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 2];
    bench.cluster().request_errors(RDKafkaApiKey::Produce, &refused);
    bad.reject_for_good("bad");
    until("the refusal is told", || reader.state().burial_error.is_some());
    assert_eq!((bench.committed("g", 0).unwrap_or(0), reader.state().records.dead), (0, 0));
    reader.until_committed(0, 2);
    assert_eq!((reader.state().burial_error, reader.state().records.dead), (None, 1));
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
    let (in_hand, kept) = (first.next("a"), first.next("b").put_down());
    first.consumer.stop();
    until("it drains", || first.state().phase == Phase::Draining);
    let producer = bench.producer(&[]);
    let report = in_hand.publish(&producer, &bench.topic, None, b"c");
    bench.runtime.block_on(report.unwrap()).unwrap();
    in_hand.done();
    recv(&first.ended, "the end of the loop").unwrap();
    assert_eq!((first.state().phase, bench.committed("g", 0)), (Phase::Complete, Some(1)));
    assert!(matches!(kept.publish(&producer, &bench.topic, None, b"d"), Err(PublishError::Lost)));

    let second = Reader::start(&bench, Some("g"));
    ["b", "c"].into_iter().for_each(|payload| second.next(payload).done());
    second.until_committed(0, 3);
    second.stop();
}

#[test]
fn a_full_producer_is_waited_for_and_a_flush_leaves_nothing_behind() {
    let bench = Bench::new();
    let producer = bench.producer(&[("queue.buffering.max.messages", "4"), ("linger.ms", "20")]);
    let all = (0..50).map(|nth: u32| {
        let producer = producer.clone();
        let topic = bench.topic.clone();
        async move { producer.send(&topic, None, nth.to_string().into_bytes()).await }
    });
    let sent = bench.runtime.block_on(futures::future::join_all(all));
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");

    let slow = bench.producer(&[("linger.ms", "100000"), ("delivery.timeout.ms", "200000")]);
    let mut report = slow.start_send(&bench.topic, None, b"last").unwrap();
    assert!(report.try_result().is_none());
    assert_eq!(bench.runtime.block_on(slow.flush(LONGEST)), 0);
    assert!(matches!(report.try_result(), Some(Ok(()))), "it waits on");
}

#[test]
fn a_producer_that_gave_up_for_good_is_replaced() {
    let bench = Bench::mocked();
    let producer = bench.producer(&[("linger.ms", "0")]);
    let send = || bench.runtime.block_on(producer.send(&bench.topic, None, b"x".to_vec()));
    send().unwrap();
    let lost = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER; 1];
    bench.cluster().request_errors(RDKafkaApiKey::Produce, &lost);
    let told = send();
    assert!(told.is_err(), "the one that met the error is told");
    send().unwrap();
}

#[test]
fn a_panic_while_holding_a_record_is_a_rejection() {
    let bench = Bench::new();
    bench.send(&["a"]);
    let reader = Reader::start(&bench, Some("g"));
    let delivery = reader.next("a");
    let worker = std::thread::spawn(move || {
        let _held = delivery;
        panic!("the worker dies");
    });
    assert!(worker.join().is_err());
    reader.next("a").done();
    until("it is settled", || reader.consumer.state().in_flight == 0);
    let records = reader.consumer.state().records;
    assert_eq!((records.rejected, records.handed_back, records.done), (1, 0, 1));
    reader.stop();
}

#[test]
fn a_route_that_panics_rejects_its_record_and_the_others_go_on() {
    let bench = Bench::new();
    let mut graves = bench.dead_letters();
    bench.send(&["panic", "good"]);
    let reader = Reader::start(&bench, Some("g"));
    reader.next("good").done();
    let envelope = graves.next();
    assert!(envelope.error.contains("panic"), "{}", envelope.error);
    until("both are committed", || reader.consumer.state().committed.get(&0) == Some(&2));
    reader.stop();
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
fn a_record_that_the_broker_does_not_take_is_an_error_for_its_sender() {
    let bench = Bench::mocked();
    bench.cluster().broker_down(1).unwrap();
    let producer = bench.producer(&[("delivery.timeout.ms", "300"), ("linger.ms", "1")]);
    let sent = bench.runtime.block_on(producer.send(&bench.topic, None, b"x".to_vec()));
    assert!(sent.unwrap_err().to_string().contains("work"));
}

#[test]
fn sending_does_not_wait_for_a_flush() {
    let bench = Bench::new();
    bench.send(&["warm"]);
    let start = std::time::Instant::now();
    for _ in 0..20 {
        bench.send(&["x"]);
    }
    // A flush takes at least 100 ms each.
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}
