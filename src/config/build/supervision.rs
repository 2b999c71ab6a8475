//! Restarts, heartbeats and stopping.

use crate::config::reader::Reader;
use crate::config::tree::Supervision;

/// Reads the settings of supervision.
pub fn read(reader: &mut Reader) -> Supervision {
    Supervision {
        restart_limit: reader.whole("RESTART_LIMIT"),
        restart_window: reader.millis("RESTART_WINDOW_MS"),
        restart_backoff: reader.millis("RESTART_BACKOFF_MS"),
        restart_backoff_max: reader.millis("RESTART_BACKOFF_MAX_MS"),
        group_restart_limit: reader.whole("GROUP_RESTART_LIMIT"),
        group_restart_window: reader.millis("GROUP_RESTART_WINDOW_MS"),
        worker_restart_limit: reader.whole("WORKER_RESTART_LIMIT"),
        worker_restart_window: reader.millis("WORKER_RESTART_WINDOW_MS"),
        heartbeat_interval: reader.millis("HEARTBEAT_INTERVAL_MS"),
        heartbeat_timeout: reader.millis("HEARTBEAT_TIMEOUT_MS"),
        reconcile_interval: reader.millis("RECONCILE_INTERVAL_MS"),
        drain_notice: reader.millis("DRAIN_NOTICE_MS"),
        drain_timeout: reader.millis("DRAIN_TIMEOUT_MS"),
        termination_log: reader.optional_text("TERMINATION_LOG").map(Into::into),
    }
}
