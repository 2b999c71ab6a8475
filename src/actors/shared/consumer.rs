//! The Kafka consumer: owns the poll thread of one subscription and routes its records to other actors. When the
//! brokers come back elsewhere, it starts a new poll thread there; that is no restart of the actor.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;
use tokio::sync::watch;

use crate::actors::telemetry::BROKER;
use crate::kafka::{BrokerAccess, Brokers, Consumer, ConsumerConfig, Delivery, Record, consume};
use crate::runtime::{ChildGuard, Drain, Observe, OwnedThread, observed};

use super::consumer_state::SubscriptionState;
use super::services::Services;

/// Where the records of one subscription go.
pub type Route = Arc<dyn Fn(Record, Delivery) + Send + Sync>;

/// What is read: a topic, alone or with the other members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The group that shares its records; without one every record from now on is heard.
    pub group: Option<String>,
    /// Records in flight at most: reading pauses at 80 % of it.
    pub max_in_flight: usize,
}

impl Subscription {
    /// Records in flight, where nothing asks for more.
    pub const MAX_IN_FLIGHT: usize = 64;
}

/// Supervised actor of the group its records are for.
pub struct KafkaConsumer {
    guard: ChildGuard,
    services: Services,
    brokers: Brokers,
    subscription: Subscription,
    route: Route,
    answers_expired: bool,
    poll: Option<Poll>,
}

struct Poll {
    consumer: Consumer,
    thread: OwnedThread,
    bootstrap_servers: String,
}

impl Poll {
    /// Lets the thread leave its group and end, without waiting for that.
    fn stop(&self) {
        self.thread.stop();
        self.consumer.stop();
    }
}

/// The thread that polls for a consumer.
pub fn poll_thread(consumer: &str) -> String {
    format!("{consumer}-poll")
}

impl KafkaConsumer {
    /// A consumer of one topic, wherever the brokers are.
    pub fn new(
        guard: ChildGuard,
        services: Services,
        brokers: Brokers,
        subscription: Subscription,
        route: Route,
    ) -> Self {
        Self { guard, services, brokers, subscription, route, answers_expired: false, poll: None }
    }

    /// Routes records also after their deadline: whoever waits for an answer gets one.
    pub fn answering_expired(mut self) -> Self {
        self.answers_expired = true;
        self
    }

    /// Polls at this place; a thread that polled elsewhere leaves its group by itself.
    fn poll_at(&mut self, access: BrokerAccess) {
        if let Some(left_behind) = self.poll.take() {
            left_behind.stop();
        }
        let route = self.route.clone();
        let config = ConsumerConfig {
            bootstrap_servers: access.bootstrap_servers.clone(),
            group: self.subscription.group.clone(),
            topic: self.subscription.topic.clone(),
            extra: access.consumer_extra,
        };
        let (consumer, poll_loop) =
            consume(config, self.services.producer.clone(), move |record, delivery| route(record, delivery));
        let Subscription { topic, group, .. } = &self.subscription;
        let meter = self.services.events.metrics.kafka.meter(topic, group.as_deref());
        let poll_loop = poll_loop
            .telling(self.services.health.dependency(BROKER))
            .metered(Arc::new(meter))
            .max_in_flight(self.subscription.max_in_flight);
        let poll_loop = if self.answers_expired { poll_loop.answering_expired() } else { poll_loop };
        let thread = self.guard.threads().spawn_link(&poll_thread(self.guard.name()), move |watchdog| {
            poll_loop.run(|| watchdog.beat()).map_err(|error| error.to_string())
        });
        self.poll = Some(Poll { consumer, thread, bootstrap_servers: access.bootstrap_servers });
    }

    fn follow(&self, mut moves: watch::Receiver<BrokerAccess>, ctx: &mut Context<Self>) {
        let moved = async move {
            moves.changed().await.ok()?;
            let access = moves.borrow_and_update().clone();
            Some((access, moves))
        };
        ctx.spawn(moved.into_actor(self).map(|moved, consumer, ctx| {
            if let Some((access, moves)) = moved {
                consumer.poll_at(access);
                consumer.follow(moves, ctx);
            }
        }));
    }
}

impl Actor for KafkaConsumer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let mut moves = self.brokers.follow();
        let access = moves.borrow_and_update().clone();
        self.poll_at(access);
        self.follow(moves, ctx);
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // the thread leaves the group by itself; waiting for it could take as long as the broker is away
        if let Some(poll) = self.poll.take() {
            poll.stop();
        }
    }
}

impl Handler<Drain> for KafkaConsumer {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        let late = self.poll.take().filter(|poll| {
            let left = drain.deadline.saturating_duration_since(Instant::now());
            // what it waits for must leave it time to commit and to leave
            poll.consumer.stop_within(left / 2);
            poll.stop();
            !poll.thread.join_within(left)
        });
        self.guard.drained_except(late.iter().map(|poll| poll.thread.name().to_owned()).collect());
        ctx.stop();
    }
}

impl Handler<Observe> for KafkaConsumer {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let poll = self.poll.as_ref();
        MessageResult(observed(&SubscriptionState {
            topic: self.subscription.topic.clone(),
            group: self.subscription.group.clone(),
            brokers: poll.map(|poll| poll.bootstrap_servers.clone()),
            poll: poll.map(|poll| poll.consumer.state()),
        }))
    }
}
