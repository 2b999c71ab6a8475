//! Events and metrics: labels only, no knowledge of any stage.
//!
//! * `events`: What happens in a node, told once: every event is a log line, a count, and news for the console
//! * `metrics`: Every Prometheus series of a node

mod events;
mod metrics;

pub use events::{Event, Events};
pub use metrics::{Metrics, PREPROCESS, WORKERS};
