//! Where events go: the log, the metrics and the console.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::event::Event;
use super::event_counts::count;
use super::event_log::log;
use super::metrics::Metrics;

/// Events that a slow subscriber may be behind before it misses some.
const FEED_EVENTS: usize = 1024;

/// Where events go; clones are one.
#[derive(Clone)]
pub struct Events {
    /// Counters and gauges of the node.
    pub metrics: Arc<Metrics>,
    feed: broadcast::Sender<Event>,
}

impl Events {
    /// Events that are counted in `metrics`.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, feed: broadcast::channel(FEED_EVENTS).0 }
    }

    /// All events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.feed.subscribe()
    }

    /// Logs, counts and forwards one event.
    pub fn emit(&self, event: Event) {
        log(&event);
        count(&self.metrics, &event);
        // without a subscriber the event is logged and counted all the same
        let _ = self.feed.send(event);
    }
}
