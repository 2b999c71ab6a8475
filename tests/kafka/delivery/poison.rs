//! Records that nobody can work on: they are buried with what is left of them, and stop nobody.

use flts::kafka::Rejection;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::{Value, json};

use crate::fixture::{Bench, Reader, next_record, until};

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
    reader.next("bad").reject(Rejection::for_good("three attempts were made elsewhere"));
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
        delivery.reject(Rejection::for_good("poison".repeat(100_000)));
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
    bad.reject(Rejection::for_good("bad"));
    until("the refusal is told", || reader.state().burial_error.is_some());
    assert_eq!((bench.committed("g", 0).unwrap_or(0), reader.state().records.dead), (0, 0));
    reader.until_committed(0, 2);
    assert_eq!((reader.state().burial_error, reader.state().records.dead), (None, 1));
    reader.stop();
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
fn a_record_whose_key_and_headers_are_as_large_as_a_broker_takes_is_buried_and_what_was_cut_is_said() {
    let bench = Bench::new();
    let graves = bench.listen(&format!("DLQ-{}", bench.topic));
    let large = "k".repeat(1_040_000);
    let many: Vec<(String, String)> = (0..5_000).map(|nth| (format!("h{nth}"), "v".repeat(100))).collect();
    bench.send_raw(Some(&large), &[]);
    bench.send_raw(Some("key"), &[("big".into(), large.clone()), ("small".into(), "kept".into())]);
    bench.send_raw(None, &many);
    bench.send(&["good"]);
    let reader = Reader::start(&bench, Some("g"));
    let buried = || {
        reader.next("junk").reject(Rejection::for_good("junk"));
        next_record(&graves)
    };
    let (key, headers) = buried();
    assert!(key.len() <= 4096 && large.starts_with(&key));
    assert_eq!((headers["cut_key_size"].as_str(), headers["cut_key_sha256"].len()), ("1040000", 64));
    let (key, headers) = buried();
    assert_eq!((key.as_str(), headers["origin_small"].as_str(), headers["cut_headers"].as_str()), ("key", "kept", "1"));
    assert_eq!(headers["cut_headers_size"], (3 + 1_040_000 + 9).to_string());
    let (key, headers) = buried();
    let left_out: usize = headers["cut_headers"].parse().unwrap();
    assert_eq!((key.as_str(), left_out + headers.len() - 2), ("", 5_000), "what is not left out is there");
    reader.next("good").done();
    reader.until_committed(0, 4);
    reader.stop();
}

#[test]
fn a_dead_letter_that_is_too_large_for_its_broker_is_cut_until_it_fits() {
    let bench = Bench::mocked();
    let mut graves = bench.dead_letters();
    bench.send(&[&"bad ".repeat(50_000), "good"]);
    let reader = Reader::start(&bench, Some("g"));
    let (_, bad) = reader.next_record("bad");
    reader.next("good").done();
    let too_large = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE; 2];
    bench.cluster().request_errors(RDKafkaApiKey::Produce, &too_large);
    bad.reject(Rejection::for_good("bad".repeat(1_000)));
    let envelope = graves.next();
    assert_eq!(envelope.truncated.as_ref().map(|cut| cut.size), Some(200_000));
    assert!(envelope.to_json().len() < 1_000, "{}", envelope.to_json().len());
    reader.until_committed(0, 2);
    assert_eq!((reader.state().burial_error, reader.state().records.dead), (None, 1));
    reader.stop();
}
