//! What brokers deny a consumer is told, as its dependency and in its state, until it reads.

use flts::runtime::Health;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::fixture::{Bench, Reader, until};

#[test]
fn a_group_that_may_not_be_read_is_told_until_it_assigns() {
    let bench = Bench::mocked();
    let denied = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 4];
    bench.cluster().request_errors(RDKafkaApiKey::FindCoordinator, &denied);
    let health = Health::new();
    let reader = Reader::start_with(&bench, Some("g"), &[], |work| work.telling(health.dependency("kafka")));
    until("it is told", || {
        health.ready().degraded.iter().any(|told| told.contains("may not read as the group g-work; allow it Read"))
    });
    bench.send(&["a"]);
    reader.next("a").done();
    until("it is over", || health.ready().degraded.is_empty() && reader.state().last_error.is_none());
    reader.stop();
}
