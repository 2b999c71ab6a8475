//! Why brokers refuse a client. librdkafka tells it beside its errors only: a question to a broker that refuses ends in silence.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use rdkafka::error::KafkaError;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;

/// What the brokers say is wrong with a topic: that it may not be read, or is not there.
pub(crate) fn topic_error(metadata: &Metadata, topic: &str) -> Option<RDKafkaErrorCode> {
    let told = metadata.topics().iter().find(|told| told.name() == topic)?;
    told.error().map(RDKafkaErrorCode::from)
}

/// Whether the error is that nobody answered; every other one is a broker's answer, if not a good one.
pub(crate) fn is_silence(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, Resolve};
    let code = error.rdkafka_error_code();
    matches!(code, Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut | Resolve))
}

const ENCRYPTION: &str = "KAFKA_SSL_CA_LOCATION, and KAFKA_SSL_CERTIFICATE_LOCATION where the broker asks for one";

const HANGS_UP: &str = "the broker hangs up at the first question; check KAFKA_SECURITY_PROTOCOL";

/// The last refusal that a client heard, kept until a broker answers it; clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    last: Arc<Mutex<Option<String>>>,
}

impl Refusal {
    /// Keeps the error if it is a refusal.
    pub fn note(&self, error: &KafkaError, reason: &str) {
        if let Some(advice) = advice(error.rdkafka_error_code(), reason) {
            *self.last() = Some(format!("{}; check {advice}", without_age(reason)));
        }
    }

    /// Takes a broker that hangs up at once for a refusal, as librdkafka's log tells it: another protocol than the broker's is no
    /// error of its own. A broker that then is not there at all was going away.
    pub fn note_log(&self, facility: &str, text: &str) {
        if facility != "FAIL" {
            return;
        }
        let mut last = self.last();
        if hangs_up_at_once(text) && last.is_none() {
            *last = Some(HANGS_UP.to_owned());
        } else if text.contains("Connect to ") {
            last.take_if(|told| told == HANGS_UP);
        }
    }

    /// Says that a broker has answered.
    pub fn forget(&self) {
        *self.last() = None;
    }

    /// What the broker, or the client on its behalf, found wrong.
    pub fn told(&self) -> Option<String> {
        self.last().clone()
    }

    /// That nobody answers at these addresses, and why, as far as that is known.
    pub fn silence(&self, bootstrap_servers: &str) -> String {
        let why = self.told().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("no answer from {bootstrap_servers}{why}")
    }

    fn last(&self) -> MutexGuard<'_, Option<String>> {
        self.last.lock()
    }
}

/// The settings that a refusal is about; none for errors that are no refusal, as a broker that is away.
fn advice(code: Option<RDKafkaErrorCode>, reason: &str) -> Option<&'static str> {
    use RDKafkaErrorCode::{Authentication, BrokerTransportFailure, SSL, SaslAuthenticationFailed};
    match code? {
        Authentication | SaslAuthenticationFailed => {
            Some("KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
        }
        SSL => Some(ENCRYPTION),
        // a broker that misses a certificate says so only when the connection stands
        BrokerTransportFailure if reason.contains("SSL routines") => Some(ENCRYPTION),
        _ => None,
    }
}

/// Whether the line tells of a connection that the broker closed before it answered anything.
fn hangs_up_at_once(text: &str) -> bool {
    let after = text.rsplit_once(" (after ").map(|(_, after)| after);
    let Some((age_ms, state)) = after.and_then(|after| after.split_once("ms in state ")) else { return false };
    let is_fresh = age_ms.parse().is_ok_and(|ms: u32| ms < 1000);
    text.contains("Disconnected") && is_fresh && (state.starts_with("APIVERSION_QUERY") || state.starts_with("UP"))
}

/// The reason without how long the connection stood, which is another each time.
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
        assert_eq!(refusal.silence("kafka:9092"), "no answer from kafka:9092");
        let reason = "sasl_ssl://kafka:9092/1: Authentication failed (after 3ms in state AUTH_REQ)";
        refusal.note(&KafkaError::Global(RDKafkaErrorCode::Authentication), reason);
        let told = refusal.silence("kafka:9092");
        assert!(told.contains("Authentication failed; check KAFKA_SASL_MECHANISM"), "{told}");
        refusal.note(&KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refusal.silence("kafka:9092"), told);
        refusal.forget();
        assert_eq!(refusal.told(), None);
    }

    #[test]
    fn a_broker_that_hangs_up_wants_another_protocol_unless_it_goes_away() {
        let refusal = Refusal::default();
        let hangs_up = "[thrd:kafka:9093/bootstrap]: kafka:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after \
                        POLLIN (after 2ms in state APIVERSION_QUERY)";
        refusal.note_log("STATE", hangs_up);
        refusal.note_log("FAIL", &hangs_up.replace("2ms in state APIVERSION_QUERY", "60000ms in state UP"));
        assert_eq!(refusal.told(), None);
        refusal.note_log("FAIL", hangs_up);
        assert!(refusal.silence("kafka:9093").ends_with("check KAFKA_SECURITY_PROTOCOL"));
        refusal
            .note_log("FAIL", "Connect to ipv4#127.0.0.1:9093 failed: Connection refused (after 0ms in state CONNECT)");
        assert_eq!(refusal.told(), None);
    }
}
