//! The log lines of librdkafka.

/// Logs a line of librdkafka at debug: details for debugging the clients, since errors that matter come back as values.
pub fn client_log(facility: &str, text: &str) {
    tracing::debug!(target: "librdkafka", facility, "{text}");
}
