//! How the actors of a node are supervised, and what the log and the metrics hear of it.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::Services;
use crate::runtime::{Exit, RestartPolicy, SupervisorConfig, SupervisorEvent};

use super::config::Config;

const GROUP_RESTART_LIMIT: u32 = 3;
const GROUP_RESTART_WINDOW: Duration = Duration::from_secs(300);

/// How the actors of this node are supervised.
pub fn policy(config: &Config, services: &Services) -> SupervisorConfig {
    let settings = &config.supervision;
    let services = services.clone();
    SupervisorConfig {
        policy: RestartPolicy {
            limit: settings.restart_limit,
            window: settings.restart_window,
            backoff: settings.restart_backoff,
            ..RestartPolicy::default()
        },
        group_policy: RestartPolicy {
            limit: GROUP_RESTART_LIMIT,
            window: GROUP_RESTART_WINDOW,
            ..RestartPolicy::default()
        },
        heartbeat_interval: settings.heartbeat_interval,
        on_event: Arc::new(move |event| note(&services, event)),
        ..SupervisorConfig::default()
    }
}

/// Logs and counts what the supervisor did.
fn note(services: &Services, event: &SupervisorEvent) {
    let metrics = &services.events.metrics;
    match event {
        SupervisorEvent::Started { name, generation } => {
            metrics.actor_up.with_label_values(&[name.as_str()]).set(1);
            tracing::info!(event = "actor_started", actor = %name, generation);
        }
        SupervisorEvent::Exited { name, exit, .. } => {
            metrics.actor_up.with_label_values(&[name.as_str()]).set(0);
            metrics.actor_restarts_total.with_label_values(&[name.as_str(), exit.cause()]).inc();
            let cause = exit.cause();
            match exit {
                // a stop is no reason to look up
                Exit::Drained => {
                    tracing::info!(event = "actor_exited", actor = %name, cause, exit = %exit)
                }
                _ => tracing::warn!(event = "actor_exited", actor = %name, cause, exit = %exit),
            }
        }
        SupervisorEvent::GroupRestarting { group, members } => {
            tracing::warn!(event = "group_restarting", group, members = members.join(","));
        }
        SupervisorEvent::Escalated(reason) => tracing::error!(event = "actor_gave_up", reason = %reason),
    }
}
