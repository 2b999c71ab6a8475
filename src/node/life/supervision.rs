//! The supervisor's settings, and what log and metrics record of it.

use std::sync::Arc;

use crate::actors::{Services, WORKERS};
use crate::config::Config;
use crate::runtime::{Exit, RestartPolicy, SupervisorConfig, SupervisorEvent};

/// The supervisor's settings.
pub fn supervisor_config(config: &Config, services: &Services) -> SupervisorConfig {
    let settings = &config.supervision;
    let services = services.clone();
    SupervisorConfig {
        policy: RestartPolicy {
            limit: settings.restart_limit,
            window: settings.restart_window,
            backoff: settings.restart_backoff,
            backoff_max: settings.restart_backoff_max,
            ..RestartPolicy::default()
        },
        group_policy: RestartPolicy {
            limit: settings.group_restart_limit,
            window: settings.group_restart_window,
            backoff: settings.restart_backoff,
            backoff_max: settings.restart_backoff_max,
            ..RestartPolicy::default()
        },
        heartbeat_interval: settings.heartbeat_interval,
        heartbeat_floor: settings.heartbeat_timeout,
        on_event: Arc::new(move |event| record(&services, event)),
        ..SupervisorConfig::default()
    }
}

/// Logs and counts an event of the supervisor.
fn record(services: &Services, event: &SupervisorEvent) {
    let metrics = &services.events.metrics;
    match event {
        SupervisorEvent::Started { name, generation } => {
            metrics.actors.up.with_label_values(&[name.as_str()]).set(1);
            tracing::info!(event = "actor_started", actor = %name, generation);
        }
        SupervisorEvent::Exited { name, exit, .. } => {
            metrics.actors.up.with_label_values(&[name.as_str()]).set(0);
            metrics.actors.restarts_total.with_label_values(&[name.as_str(), exit.cause()]).inc();
            let cause = exit.cause();
            match exit {
                // a normal stop is no warning
                Exit::Drained => {
                    tracing::info!(event = "actor_exited", actor = %name, cause, exit = %exit)
                }
                _ => tracing::warn!(event = "actor_exited", actor = %name, cause, exit = %exit),
            }
        }
        SupervisorEvent::ThreadExited { name, thread, exit, .. } => {
            // the threads of a pool share a series, because their number changes
            let series = if thread.starts_with(WORKERS) { WORKERS } else { thread };
            let cause = exit.cause();
            metrics.actors.restarts_total.with_label_values(&[series, cause]).inc();
            tracing::warn!(event = "thread_exited", actor = %name, thread = %thread, cause, exit = %exit);
        }
        SupervisorEvent::GroupRestarting { group, members } => {
            tracing::warn!(event = "group_restarting", group, members = members.join(","));
        }
        SupervisorEvent::Escalated(reason) => tracing::error!(event = "actor_gave_up", reason = %reason),
    }
}
