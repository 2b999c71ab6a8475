//! Checks periodically whether broker and store answer, with the node's own clients, so that an idle node notices too. The
//! result shows in readiness and metrics; no actor is restarted for it.

use std::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::actors::{BROKER, OBJECT_STORE, Role, Roles, Services};
use crate::kafka::{Brokers, Producer, TRAINING_DATA};
use crate::runtime::Dependency;
use crate::storage::{ObjectStore, PROCESSED_BUCKET};

const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// How often it is looked whether damaged objects were replaced.
const DAMAGED_INTERVAL: Duration = Duration::from_secs(10);
/// Longest wait for an answer of the brokers; the client of the store has its own timeouts.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Failed probes in a row after which the brokers count as away.
const FAILURES_UNTIL_AWAY: u32 = 2;

/// Starts the probes; they end when the returned set is dropped. Without the role `inference` the node is not ready while a
/// dependency is away.
pub fn start_probes(roles: &Roles, services: &Services, brokers: &Brokers) -> JoinSet<()> {
    let health = &services.health;
    if !roles.has(Role::Inference) {
        health.need_dependencies();
    }
    let (objects, broker) = (services.objects.clone(), health.dependency(BROKER));
    objects.report_to(health.dependency(OBJECT_STORE));
    objects.report_damage_to(health.damage());
    let mut probes = JoinSet::new();
    probes.spawn(look_at_damaged(objects.clone()));
    probes.spawn(probe_store(objects, health.dependency(OBJECT_STORE)));
    // a gateway has nothing to do with records
    if roles.iter().any(|role| role != Role::Gateway) {
        probes.spawn(probe_brokers(services.producer.clone(), brokers.clone(), broker));
    }
    probes
}

async fn probe_store(objects: ObjectStore, store: Dependency) {
    let mut ticks = ticks(PROBE_INTERVAL);
    loop {
        ticks.tick().await;
        if timeout(PROBE_INTERVAL, objects.check_health(PROCESSED_BUCKET)).await.is_err() {
            store.away("it takes longer than 2 s to answer");
        } else {
            // it answered; if the answer was an error, the client has reported it already
            store.here();
        }
    }
}

/// Looks at damaged objects again, so that a replaced one is noticed though no actor reads it.
async fn look_at_damaged(objects: ObjectStore) {
    let mut ticks = ticks(DAMAGED_INTERVAL);
    loop {
        ticks.tick().await;
        // an outage is told by the dependency
        let _ = objects.look_at_damaged().await;
    }
}

async fn probe_brokers(producer: Producer, brokers: Brokers, broker: Dependency) {
    let mut ticks = ticks(PROBE_INTERVAL);
    let (mut failures, mut refusal) = (0, None);
    loop {
        ticks.tick().await;
        let probe = producer.clone();
        let answered = spawn_blocking(move || probe.answers(TRAINING_DATA, ANSWER_TIMEOUT)).await;
        // a probe that could not run is not a failure
        if answered.unwrap_or(true) {
            (failures, refusal) = (0, None);
            broker.here();
        } else {
            failures += 1;
            if failures >= FAILURES_UNTIL_AWAY {
                broker.away(producer.no_answer(&brokers.access().bootstrap_servers));
                let why = producer.refusal();
                if let Some(reason) = why.as_ref().filter(|_| why != refusal) {
                    tracing::error!(event = "broker_refuses", service = "node", reason);
                }
                refusal = why;
            }
        }
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
