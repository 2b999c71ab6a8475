//! The log of the process: one JSON object a line, or short lines at a terminal.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::config::{Config, Origin};
use crate::http::LogLevel;

use super::log_lines::JsonLines;

/// The protocol library of the embedded store logs every 404 and 412 as an error.
const QUIET: &str = "s3s=off";
/// The directives without LOG_LEVEL where console or stdout report the work.
const DEFAULT_AT_TERMINAL: &str = "warn";

/// The log of this process.
struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    directives: Mutex<String>,
}

/// Starts the log of a node. At a terminal the console shows the work, so the log begins at warnings.
pub fn start_node_log(config: &Config) -> Arc<dyn LogLevel> {
    start(directives(config, std::io::stderr().is_terminal()))
}

/// Starts the log of a command, which prints its result on stdout.
pub fn start_command_log(config: &Config) {
    start(directives(config, true));
}

/// LOG_LEVEL if it was given; otherwise the default depends on whether the work is `reported_elsewhere`.
fn directives(config: &Config, reported_elsewhere: bool) -> &str {
    let is_given = config.shown.iter().any(|one| one.name == "LOG_LEVEL" && one.origin != Origin::Default);
    if reported_elsewhere && !is_given { DEFAULT_AT_TERMINAL } else { &config.log_level }
}

/// Sends the log to stderr; a second call in one process changes nothing.
fn start(directives: &str) -> Arc<dyn LogLevel> {
    let is_terminal = std::io::stderr().is_terminal();
    let (filter, handle) = reload::Layer::new(filter(directives).unwrap_or_else(|_| EnvFilter::new(QUIET)));
    let log = tracing_subscriber::registry().with(filter);
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    // an earlier subscriber, such as that of a test, stays
    let _ = match is_terminal {
        true => log.with(to_stderr.compact()).try_init(),
        false => {
            std::panic::set_hook(Box::new(log_panic));
            log.with(to_stderr.event_format(JsonLines)).try_init()
        }
    };
    Arc::new(Log { filter: handle, directives: Mutex::new(directives.to_owned()) })
}

fn filter(directives: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{directives},{QUIET}")).map_err(|error| error.to_string())
}

/// Logs a panic as an event.
fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a text");
    let at = info.location().map(ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(event = "panicked", message, at, thread = thread.name());
}

impl LogLevel for Log {
    fn replace(&self, directives: &str) -> Result<String, String> {
        let filter = filter(directives)?;
        // under the lock, so that two callers do not return the same old directives
        let mut current = self.directives.lock();
        self.filter.reload(filter).map_err(|error| error.to_string())?;
        Ok(std::mem::replace(&mut *current, directives.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_was_chosen_holds_also_when_it_is_the_default() {
        let config = |level: Option<&str>| {
            let level = level.map(str::to_owned);
            Config::parse(&move |name| level.clone().filter(|_| name == "LOG_LEVEL")).expect("a right configuration")
        };
        assert_eq!(directives(&config(Some("info")), true), "info");
        assert_eq!(directives(&config(None), true), "warn");
        assert_eq!(directives(&config(None), false), "info");
    }
}
