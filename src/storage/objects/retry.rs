use std::time::Duration;

use backon::ExponentialBuilder;

/// From one attempt whose outcome is unknown, or that broke off, to the next.
pub(crate) fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).without_max_times().with_jitter()
}
