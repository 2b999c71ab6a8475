//! Why brokers refuse a client, or do not answer. librdkafka reports a refusal in its events alone: a request to a broker that refuses
//! the client ends in a timeout.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

/// The error of a topic in its metadata: the user may not read it, or it does not exist.
pub(super) fn topic_error(metadata: &Metadata, topic: &str) -> Option<RDKafkaErrorCode> {
    let topic = metadata.topics().iter().find(|found| found.name() == topic)?;
    topic.error().map(RDKafkaErrorCode::from)
}

/// Whether the error says that no broker answered. Every other error is the answer of a broker.
pub(super) fn is_silence(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, Resolve};
    let code = error.rdkafka_error_code();
    matches!(code, Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut | Resolve))
}

/// The settings to check after a TLS error.
const ENCRYPTION: &str = "KAFKA_SSL_CA_LOCATION, and KAFKA_SSL_CERTIFICATE_LOCATION where the broker asks for one";

/// The reason when a broker closes new connections.
const HANGS_UP: &str = "the broker hangs up at the first question; check KAFKA_SECURITY_PROTOCOL";

/// The last refusal of a client, kept until a broker answers the client; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal {
    last: Arc<Mutex<Option<String>>>,
}

impl Refusal {
    /// Keeps the error if it is a refusal; other errors change nothing.
    pub fn note(&self, error: &KafkaError, reason: &str) {
        if let Some(advice) = advice(error.rdkafka_error_code(), reason) {
            *self.last() = Some(format!("{}; check {advice}", without_age(reason)));
        }
    }

    /// Reads a line of librdkafka's log: a broker that closes a new connection at once counts as a refusal, because a wrong security
    /// protocol shows in no other way. A later failure to connect shows that the broker was only going away.
    pub fn note_log(&self, facility: &str, text: &str) {
        if facility != "FAIL" {
            return;
        }
        let mut last = self.last();
        if hangs_up_at_once(text) && last.is_none() {
            *last = Some(HANGS_UP.to_owned());
        } else if text.contains("Connect to ") {
            last.take_if(|reason| reason == HANGS_UP);
        }
    }

    /// Forgets the refusal, because a broker has answered.
    pub fn forget(&self) {
        *self.last() = None;
    }

    /// Why the broker refuses the client, and which settings to check.
    pub fn reason(&self) -> Option<String> {
        self.last().clone()
    }

    /// The message that no broker answers at these addresses, with the reason if it is known.
    pub fn no_answer(&self, bootstrap_servers: &str) -> String {
        let why = self.reason().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("no answer from {bootstrap_servers}{why}")
    }

    fn last(&self) -> MutexGuard<'_, Option<String>> {
        self.last.lock()
    }
}

/// The settings that cause a refusal; none for other errors, such as a broker that is away.
fn advice(code: Option<RDKafkaErrorCode>, reason: &str) -> Option<&'static str> {
    use RDKafkaErrorCode::{Authentication, BrokerTransportFailure, SSL, SaslAuthenticationFailed};
    match code? {
        Authentication | SaslAuthenticationFailed => {
            Some("KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
        }
        SSL => Some(ENCRYPTION),
        // a broker that requires a client certificate says so only on an established connection
        BrokerTransportFailure if reason.contains("SSL routines") => Some(ENCRYPTION),
        _ => None,
    }
}

/// Whether the log line says that the broker closed a connection before its first answer.
fn hangs_up_at_once(text: &str) -> bool {
    let after = text.rsplit_once(" (after ").map(|(_, after)| after);
    let Some((age_ms, state)) = after.and_then(|after| after.split_once("ms in state ")) else { return false };
    let is_fresh = age_ms.parse().is_ok_and(|ms: u32| ms < 1000);
    text.contains("Disconnected") && is_fresh && (state.starts_with("APIVERSION_QUERY") || state.starts_with("UP"))
}

/// The reason without the age of the connection, which differs each time.
fn without_age(reason: &str) -> &str {
    reason.rsplit_once(" (after ").map_or(reason, |(reason, _)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_with_what_to_check_until_a_broker_answers() {
        let refusal = Refusal::default();
        refusal.note(&KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure), "Connection refused");
        assert_eq!(refusal.no_answer("kafka:9092"), "no answer from kafka:9092");
        let reason = "sasl_ssl://kafka:9092/1: Authentication failed (after 3ms in state AUTH_REQ)";
        refusal.note(&KafkaError::Global(RDKafkaErrorCode::Authentication), reason);
        let told = refusal.no_answer("kafka:9092");
        assert!(told.contains("Authentication failed; check KAFKA_SASL_MECHANISM"), "{told}");
        refusal.note(&KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refusal.no_answer("kafka:9092"), told);
        refusal.forget();
        assert_eq!(refusal.reason(), None);
    }

    #[test]
    fn a_broker_that_hangs_up_wants_another_protocol_unless_it_goes_away() {
        let refusal = Refusal::default();
        let hangs_up = "[thrd:kafka:9093/bootstrap]: kafka:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after \
                        POLLIN (after 2ms in state APIVERSION_QUERY)";
        refusal.note_log("STATE", hangs_up);
        refusal.note_log("FAIL", &hangs_up.replace("2ms in state APIVERSION_QUERY", "60000ms in state UP"));
        assert_eq!(refusal.reason(), None);
        refusal.note_log("FAIL", hangs_up);
        assert!(refusal.no_answer("kafka:9093").ends_with("check KAFKA_SECURITY_PROTOCOL"));
        refusal
            .note_log("FAIL", "Connect to ipv4#127.0.0.1:9093 failed: Connection refused (after 0ms in state CONNECT)");
        assert_eq!(refusal.reason(), None);
    }
}
