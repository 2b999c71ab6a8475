//! Events and metrics of a node. They are labelled with plain strings and know no stage.
//!
//! * `dependencies`: the names of what a node depends on
//! * `event`: what can happen in a node
//! * `event_counts`: how each event changes the metrics
//! * `event_log`: the log line of each event
//! * `events`: where events go: the log, the metrics and the console
//! * `metrics`: every Prometheus series

mod dependencies;
mod event;
mod event_counts;
mod event_log;
mod events;
mod metrics;

pub use dependencies::{BROKER, OBJECT_STORE};
pub use event::{Event, PointerFault};
pub use events::Events;
pub use metrics::{ActorLabels, Metrics, PREPROCESS, WORKERS};
