//! What only a real broker shows: partitions that change hands, brokers that die, and how far behind a group is.

mod members;

use std::time::Duration;

use flts::kafka::{PublishError, SendError};
use flts_soak::services::Kafka;
use members::Member;

use crate::fixture::{Bench, Reader, create_topics, delete_topic, next_payload, real_broker, recv, until};

/// A session long enough for partitions to be let go in peace, and one that is found dead soon.
const CALM: [(&str, &str); 1] = [("session.timeout.ms", "10000")];
const SHORT: [(&str, &str); 2] = [("session.timeout.ms", "3000"), ("max.poll.interval.ms", "4000")];

fn calm(bench: &Bench) -> Reader {
    Reader::start_with(bench, Some("g"), &CALM, |work| work)
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn members_that_come_and_go_answer_every_record_once() {
    let bench = Bench::real(6);
    let answers = bench.listen(&format!("DLQ-{}", bench.topic));
    let mut members: Vec<Member> = (0..3).map(|_| Member::start(&bench)).collect();
    const RECORDS: usize = 6000;
    let sender = members::sender(&bench, RECORDS);
    for _ in 0..6 {
        // whoever has been there longest goes, and a new one comes while it still goes
        let oldest = members.remove(0);
        until("it has read something", || oldest.answered() > 0);
        oldest.stop();
        members.push(Member::start(&bench));
        std::thread::sleep(Duration::from_millis(700));
    }
    sender.join().unwrap();
    let mut times = vec![0_u32; RECORDS];
    while times.contains(&0) {
        let number: usize = String::from_utf8(next_payload(&answers)).unwrap().parse().unwrap();
        times[number] += 1;
    }
    members.into_iter().for_each(Member::stop);
    let doubled: Vec<usize> = (0..RECORDS).filter(|&number| times[number] > 1).collect();
    assert!(doubled.is_empty(), "answered more than once: {doubled:?}");
    let committed: i64 = (0..6).filter_map(|partition| bench.committed("g", partition)).sum();
    assert_eq!(committed, RECORDS as i64);
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_member_that_holds_a_record_longer_than_its_session_keeps_its_partition() {
    let bench = Bench::real(1);
    bench.send(&["a", "b"]);
    let start = || Reader::start_with(&bench, Some("g"), &SHORT, |work| work.max_in_flight(1));
    let first = start();
    let held = first.next("a").long_running();
    until("reading is paused", || first.state().paused);
    let beats = first.beats();
    // twice the longest that a member may go without polling
    std::thread::sleep(Duration::from_secs(8));
    assert!(held.is_current() && first.beats() > beats + 50);
    assert_eq!((first.state().assigned.as_slice(), first.waiting()), (&[0][..], 0));
    held.done();
    first.next("b").done();
    first.until_committed(0, 2);
    assert_eq!(first.state().records.read, 2);
    first.stop();
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_partition_goes_only_when_what_is_in_hand_is_done_and_committed() {
    let bench = Bench::real(2);
    let first = calm(&bench);
    until("it has both", || first.state().assigned == [0, 1]);
    members::send_to(&bench, 0, "a");
    members::send_to(&bench, 1, "b");
    let in_hand = [first.next_record("a or b"), first.next_record("a or b")];
    let second = calm(&bench);
    // the second has asked to join long before; no event tells that the first is letting go
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(second.waiting(), 0, "what is in hand came to another member");
    for (_, delivery) in in_hand {
        assert!(delivery.is_current());
        delivery.done();
    }
    until("each has one", || first.state().assigned.len() == 1 && second.state().assigned.len() == 1);
    let partition = second.state().assigned[0];
    members::send_to(&bench, partition, "c");
    second.next("c").done();
    second.until_committed(partition, 2);
    assert_eq!((first.state().records.read, second.state().records.read), (2, 1));
    first.stop();
    second.stop();
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_record_that_is_worked_on_for_long_goes_with_its_partition_and_its_work_publishes_nothing() {
    let bench = Bench::real(2);
    let first = calm(&bench);
    until("it has both", || first.state().assigned == [0, 1]);
    members::send_to(&bench, 0, "a");
    members::send_to(&bench, 1, "b");
    let held: Vec<_> =
        (0..2).map(|_| first.next_record("a or b")).map(|(of, held)| (of, held.long_running())).collect();
    let second = calm(&bench);
    let (again, delivery) = second.next_record("what the first still works on");
    let producer = bench.producer(&[]);
    let publish = |delivery: &flts::kafka::Delivery| delivery.publish(&producer, &bench.topic, None, b"answer");
    for (record, held) in held {
        let lost = record.partition == again.partition;
        assert_eq!(held.is_current(), !lost);
        assert_eq!(matches!(publish(&held), Err(PublishError::Lost)), lost);
        held.done();
    }
    bench.runtime.block_on(publish(&delivery).unwrap()).unwrap();
    delivery.done();
    second.until_committed(again.partition, 1);
    // the two answers are records of the topic themselves
    while first.waiting() + second.waiting() > 0 {
        [&first, &second].into_iter().filter_map(Reader::try_next).for_each(|(_, delivery)| delivery.done());
    }
    first.consumer.stop();
    second.consumer.stop();
    recv(&first.ended, "the end").unwrap();
    recv(&second.ended, "the end").unwrap();
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_pause_outlives_partitions_that_come_back() {
    let bench = Bench::real(2);
    let start = || Reader::start_with(&bench, Some("g"), &CALM, |work| work.max_in_flight(2));
    let first = start();
    until("it has both", || first.state().assigned == [0, 1]);
    let second = start();
    until("each has one", || first.state().assigned.len() == 1 && second.state().assigned.len() == 1);
    let (own, other) = (first.state().assigned[0], second.state().assigned[0]);
    (0..2).for_each(|_| members::send_to(&bench, own, "held"));
    let held = [first.next("held").long_running(), first.next("held").long_running()];
    until("the first is paused", || first.state().paused);
    second.stop();
    until("it has both again", || first.state().assigned == [0, 1]);
    (0..2).for_each(|_| members::send_to(&bench, other, "later"));
    until("it knows what it does not read", || first.state().lag.get(&other) == Some(&2));
    assert!(first.state().paused && first.waiting() == 0, "a pause ended with the rebalance");
    held.into_iter().for_each(flts::kafka::Delivery::done);
    (0..2).for_each(|_| first.next("later").done());
    first.until_committed(other, 2);
    first.stop();
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_killed_broker_comes_back_and_nothing_acknowledged_is_lost_and_every_loss_is_told() {
    let mut broker = Kafka::start().unwrap();
    let bench = Bench::at(broker.bootstrap_servers(), 1);
    let first: Vec<String> = (0..40).map(|nth| format!("before-{nth}")).collect();
    bench.send(&first.iter().map(String::as_str).collect::<Vec<_>>());
    // the session outlives the outage
    let reader = Reader::start_with(&bench, Some("g"), &[("session.timeout.ms", "45000")], |work| work);
    first[..20].iter().for_each(|payload| reader.next(payload).done());
    reader.until_committed(0, 20);
    let held: Vec<_> = first[20..30].iter().map(|payload| reader.next(payload)).collect();

    broker.kill().unwrap();
    let producer = bench.producer(&[("delivery.timeout.ms", "3000"), ("linger.ms", "1")]);
    let send = |text: &str| producer.start_send(&bench.topic, None, text.as_bytes()).unwrap();
    let lost: Vec<_> = (0..20).map(|nth| send(&format!("lost-{nth}"))).collect();
    for report in lost {
        assert!(matches!(bench.runtime.block_on(report), Err(SendError::Undelivered { .. })));
    }
    held.into_iter().for_each(flts::kafka::Delivery::done);
    until("the outage is told", || reader.state().last_error.is_some());
    assert_eq!(reader.state().committed.get(&0), Some(&20), "nobody was there to commit it");

    broker.restart().unwrap();
    bench.runtime.block_on(send("after")).unwrap();
    first[30..].iter().for_each(|payload| reader.next(payload).done());
    reader.next("after").done();
    reader.until_committed(0, 41);
    assert_eq!((reader.state().records.read, bench.committed("g", 0)), (41, Some(41)));
    reader.stop();
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn the_lag_is_what_the_brokers_own_tool_says() {
    let bench = Bench::real(3);
    // so that every partition has something committed: the tool knows no lag without that
    (0..3).for_each(|partition| members::send_to(&bench, partition, "first"));
    let reader = Reader::start_bounded(&bench, Some("g"), 50);
    (0..3).for_each(|_| reader.next("first").done());
    (0..3).for_each(|partition| reader.until_committed(partition, 1));
    members::sender(&bench, 900).join().unwrap();
    let mut held = Vec::new();
    until("reading is paused", || reader.state().paused);
    while let Some(next) = reader.try_next() {
        held.push(next);
    }
    // what comes while it is paused counts too
    members::sender(&bench, 600).join().unwrap();
    let lag = || reader.state().lag.values().sum::<i64>();
    until("it knows of all", || lag() == 1500);
    assert_eq!(members::lag_by_the_tool(&real_broker().lock().unwrap(), &bench.group("g")), 1500);

    held.into_iter().for_each(|(_, delivery)| delivery.done());
    for _ in 0..700 {
        reader.next_record("one more").1.done();
    }
    reader.consumer.stop();
    recv(&reader.ended, "the end").unwrap();
    let told = reader.state();
    let committed: i64 = (0..3).filter_map(|partition| bench.committed("g", partition)).sum();
    assert!(told.assigned.is_empty(), "whoever left has no partition: {:?}", told.assigned);
    assert_eq!(told.records.done, committed.unsigned_abs(), "all that was done is committed, and no more");
}

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_topic_made_anew_is_read_and_committed_from_its_start() {
    let bench = Bench::real(1);
    bench.send(&["a", "b", "c"]);
    let reader = Reader::start(&bench, Some("g"));
    ["a", "b", "c"].into_iter().for_each(|payload| reader.next(payload).done());
    reader.until_committed(0, 3);
    delete_topic(&bench.bootstrap_servers, &bench.topic);
    until("the loss is told", || reader.state().last_error.is_some_and(|told| told.contains("no topic")));
    create_topics(&bench.bootstrap_servers, &[(&bench.topic, 1)]);
    bench.send(&["d", "e"]);
    ["d", "e"].into_iter().for_each(|payload| reader.next(payload).done());
    reader.until_committed(0, 2);
    assert_eq!((bench.committed("g", 0), reader.state().last_error.clone()), (Some(2), None));
    reader.stop();
}
