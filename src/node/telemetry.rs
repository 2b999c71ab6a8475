//! Logs: one JSON object a line, or short lines for a person at a terminal.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Sends the log to stderr; a second call in one process changes nothing.
pub fn start(directives: &str) {
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let to_stderr = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // an earlier subscriber (a test's) stays
    let _ = if std::io::stderr().is_terminal() {
        to_stderr.compact().try_init()
    } else {
        to_stderr.json().flatten_event(true).with_current_span(false).try_init()
    };
}
