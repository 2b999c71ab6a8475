//! Logs: one JSON object a line, or short lines for a person at a terminal.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// The embedded store's protocol library calls every 404 and 412 an error; the client knows better.
const QUIET: &str = "s3s=off";
/// The default level; at a terminal the console tells the same, so the log keeps to warnings.
const DEFAULT: &str = "info";

/// Sends the log to stderr; a second call in one process changes nothing.
pub fn start(directives: &str) {
    let person = std::io::stderr().is_terminal();
    let wanted = if person && directives == DEFAULT { "warn" } else { directives };
    let filter = EnvFilter::try_new(format!("{wanted},{QUIET}")).unwrap_or_else(|_| EnvFilter::new(QUIET));
    let to_stderr = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // an earlier subscriber (a test's) stays
    let _ = match person {
        true => to_stderr.compact().try_init(),
        false => to_stderr.json().flatten_event(true).with_current_span(false).try_init(),
    };
}
