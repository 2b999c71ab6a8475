//! Logs: one JSON object a line, or short lines for a person at a terminal.

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

/// The embedded store's protocol library calls every 404 and 412 an error; the client knows better.
const QUIET: &str = "s3s=off";
/// What is logged where nobody chose and a person hears of the work in other words.
const FOR_PEOPLE: &str = "warn";

/// The log of this process.
struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    directives: Mutex<String>,
}

/// The log of a node: at a terminal the console tells the same.
pub fn start_for_node(config: &Config) -> Arc<dyn LogLevel> {
    start(directives(config, std::io::stderr().is_terminal()))
}

/// The log of a command, which tells on stdout what it did.
pub fn start_for_command(config: &Config) {
    start(directives(config, true));
}

/// What was chosen, whatever that is; the default holds where nothing else tells of the work.
fn directives(config: &Config, told_otherwise: bool) -> &str {
    let chosen = config.shown.iter().any(|one| one.name == "LOG_LEVEL" && one.origin != Origin::Default);
    if told_otherwise && !chosen { FOR_PEOPLE } else { &config.log_level }
}

/// Sends the log to stderr; a second call in one process changes nothing.
fn start(wanted: &str) -> Arc<dyn LogLevel> {
    let person = std::io::stderr().is_terminal();
    let (filter, handle) = reload::Layer::new(filter(wanted).unwrap_or_else(|_| EnvFilter::new(QUIET)));
    let log = tracing_subscriber::registry().with(filter);
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    // an earlier subscriber (a test's) stays
    let _ = match person {
        true => log.with(to_stderr.compact()).try_init(),
        false => {
            std::panic::set_hook(Box::new(panicked));
            log.with(to_stderr.event_format(JsonLines)).try_init()
        }
    };
    Arc::new(Log { filter: handle, directives: Mutex::new(wanted.to_owned()) })
}

fn filter(directives: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{directives},{QUIET}")).map_err(|error| error.to_string())
}

/// A panic is a line of the log like any other event.
fn panicked(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a text");
    let at = info.location().map(ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(event = "panicked", message, at, thread = thread.name());
}

impl LogLevel for Log {
    fn replace(&self, directives: &str) -> Result<String, String> {
        let filter = filter(directives)?;
        // the lock also keeps two callers from reading the same old directives
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
