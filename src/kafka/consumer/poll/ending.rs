//! The end of the poll thread: it gives up its partitions in order, and leaves its group.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;

use crate::kafka::consumer::client::leave_group;
use crate::runtime::protect;

use super::reader::Reader;

/// How long a consumer whose brokers do not answer takes to stop.
const SILENT_STOP_TIMEOUT: Duration = Duration::from_millis(500);
/// The shortest timeout for leaving the group.
const LEAVE_TIMEOUT_MIN: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// Gives up all partitions: waits for records in hand and commits. The records that are still in flight are read again by a successor.
    /// Answers with the time that is left to leave the group.
    pub(super) fn drain(&mut self) -> Duration {
        // brokers that are away will not confirm a commit in time
        let silent = self.brokers_are_silent();
        let timeout = if silent {
            SILENT_STOP_TIMEOUT
        } else {
            self.plan.shared.stop_timeout(self.plan.config.revocation_timeout())
        };
        let deadline = Instant::now() + timeout;
        let _draining = protect("giving up its partitions before it leaves its group", timeout + SILENT_STOP_TIMEOUT);
        let context = self.client.context();
        let assigned = context.records().partitions();
        if !context.revoke(&self.client, &assigned, timeout, self.beat) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the last commit did not arrive; its records are read again");
        }
        deadline.saturating_duration_since(Instant::now())
    }

    /// Leaves the group within `timeout`, or within a second if less time is left.
    pub(super) fn leave_within(self, timeout: Duration) {
        let timeout = timeout.max(LEAVE_TIMEOUT_MIN);
        let _leaving = protect("leaving its group", timeout);
        if !leave_group(self.client, timeout) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the consumer did not leave its group in time; the broker takes it for dead soon");
        }
    }
}
