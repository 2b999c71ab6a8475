//! A log event as one flat JSON object: `ts`, `level`, `service`, `event`, and then its own fields.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The event name of a log line of a library.
const UNNAMED: &str = "log";
/// The service of an event of this crate that names none.
const DEFAULT_SERVICE: &str = "node";

/// Formats events as JSON lines.
pub struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        writeln!(writer, "{}", Value::Object(line(fields, metadata.level(), metadata.target())))
    }
}

fn line(fields: Fields, level: &tracing::Level, target: &str) -> Map<String, Value> {
    let mut own = fields.0;
    // libraries that use the crate `log` pass their target as a field
    let target = own.get("log.target").and_then(Value::as_str).unwrap_or(target).to_owned();
    own.retain(|name, _| !name.starts_with("log."));
    let source = target.split("::").next().unwrap_or_default();
    let service = if source == env!("CARGO_PKG_NAME") { DEFAULT_SERVICE } else { source };
    let named = |name: &str, fallback: &str| own.get(name).cloned().unwrap_or_else(|| fallback.into());
    let ts = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let mut line = Map::from_iter([
        ("ts".to_owned(), Value::from(ts)),
        ("level".to_owned(), Value::from(level.as_str().to_ascii_lowercase())),
        ("service".to_owned(), named("service", service)),
        ("event".to_owned(), named("event", UNNAMED)),
    ]);
    for (name, value) in own {
        line.entry(name).or_insert(value);
    }
    line
}

/// The fields of an event, in their order.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        self.0.insert(name.strip_prefix("r#").unwrap_or(name).to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string());
    }
}
