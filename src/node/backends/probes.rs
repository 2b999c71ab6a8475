//! Whether the broker and the store answer: asked from time to time through the node's own clients, so that an idle node
//! knows too. Who is away shows in readiness and metrics; nobody is restarted for it.

use std::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::actors::{BROKER, OBJECT_STORE, Role, Roles, Services};
use crate::kafka::{Brokers, Producer, TRAINING_DATA};
use crate::runtime::Dependency;
use crate::storage::{ObjectStore, PROCESSED_BUCKET};

const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// Longest wait for one answer of the brokers; the store's client has timeouts of its own.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Questions in a row that nobody answers before the brokers count as away.
const LOST_IN_A_ROW: u32 = 2;

/// Looks for as long as what it gives back is kept. Without the role inference a node has nothing to serve meanwhile.
pub fn watch(roles: &Roles, services: &Services, brokers: &Brokers) -> JoinSet<()> {
    let health = &services.health;
    if !roles.has(Role::Inference) {
        health.need_dependencies();
    }
    let (objects, broker) = (services.objects.clone(), health.dependency(BROKER));
    objects.report_to(health.dependency(OBJECT_STORE));
    let mut looking = JoinSet::new();
    looking.spawn(look_at_store(objects, health.dependency(OBJECT_STORE)));
    looking.spawn(look_at_brokers(services.producer.clone(), brokers.clone(), broker));
    looking
}

async fn look_at_store(objects: ObjectStore, store: Dependency) {
    let mut looks = looks();
    loop {
        looks.tick().await;
        if timeout(LOOK_INTERVAL, objects.check_health(PROCESSED_BUCKET)).await.is_err() {
            store.away("it takes longer than 2 s to answer");
        } else {
            // what it has answered, the client itself has told
            store.here();
        }
    }
}

async fn look_at_brokers(producer: Producer, brokers: Brokers, broker: Dependency) {
    let mut looks = looks();
    let (mut lost, mut refusal) = (0, None);
    loop {
        looks.tick().await;
        let asked = producer.clone();
        let answered = spawn_blocking(move || asked.answers(TRAINING_DATA, ANSWER_TIMEOUT)).await;
        // a question that could not be asked says nothing
        if answered.unwrap_or(true) {
            (lost, refusal) = (0, None);
            broker.here();
        } else {
            lost += 1;
            if lost >= LOST_IN_A_ROW {
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

fn looks() -> Interval {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}
