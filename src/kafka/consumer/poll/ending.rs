//! How the poll thread ends: it lets its partitions go in order, and leaves its group.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;

use crate::kafka::consumer::client::leave;
use crate::runtime::protect;

use super::reader::Reader;

/// How long a consumer whose brokers are silent takes to stop.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// Least time that a stopping consumer has to leave its group.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// Waits for what is in hand and commits; what is still held comes again to a successor. Gives the patience that is left for
    /// leaving.
    pub(crate) fn drain(&mut self) -> Duration {
        // brokers that are away will not confirm anything in time
        let silent = self.brokers_are_silent();
        let patience = if silent { STOP_GRACE } else { self.plan.shared.patience(self.plan.config.release_patience()) };
        let deadline = Instant::now() + patience;
        let _draining = protect("letting its partitions go before it leaves", patience + STOP_GRACE);
        let desk = self.client.context();
        let assigned = desk.books().partitions();
        if !desk.release(&self.client, &assigned, patience, self.beat) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the last commit did not arrive; its records come again");
        }
        deadline.saturating_duration_since(Instant::now())
    }

    pub(crate) fn leave_within(self, patience: Duration) {
        let patience = patience.max(LEAVE_GRACE);
        let _leaving = protect("leaving its group", patience);
        if !leave(self.client, patience) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the consumer did not leave its group in time; the broker takes it for dead soon");
        }
    }
}
