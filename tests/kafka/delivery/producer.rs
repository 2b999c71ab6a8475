//! What a producer promises to whoever sends.

use std::time::Duration;

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::fixture::{Bench, LONGEST};

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
