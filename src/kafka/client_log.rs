//! The log lines of librdkafka, passed on to our log.

/// Logs a line of librdkafka at level debug; errors that matter are values and are logged elsewhere.
pub(super) fn client_log(facility: &str, text: &str) {
    tracing::debug!(target: "librdkafka", facility, "{text}");
}
