//! The actor that consumes one topic: it owns the poll thread and routes records to other actors. When the brokers move, it
//! starts a new poll thread at the new address; the actor itself does not restart.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::actors::telemetry::BROKER;
use crate::kafka::{BrokerAccess, Brokers, Consumer, ConsumerConfig, ConsumerState, Delivery, Record, consume};
use crate::runtime::{ChildGuard, Drain, Observe, OwnedThread, observed};

use super::services::Services;

/// Sends each record of one subscription to the actor that handles it.
pub type Route = Arc<dyn Fn(Record, Delivery) + Send + Sync>;

/// What a consumer reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The consumer group; without one the consumer reads every record from now on.
    pub group: Option<String>,
    /// The most records in flight; partitions are paused at 80 % of it.
    pub max_in_flight: usize,
}

impl Subscription {
    /// The default of `max_in_flight`.
    pub const MAX_IN_FLIGHT: usize = 64;
}

/// The reported state of a consumer.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionState {
    /// The topic that it reads.
    pub topic: String,
    /// Its consumer group; without one it reads every record.
    #[schema(required = true)]
    pub group: Option<String>,
    /// The bootstrap servers of the brokers that it polls.
    #[schema(required = true)]
    pub brokers: Option<String>,
    /// The state of its poll thread.
    #[schema(value_type = Option<Object>, required = true)]
    pub poll: Option<ConsumerState>,
}

/// The consumer actor; it is in the supervision group of the actor that its records go to.
pub struct KafkaConsumer {
    guard: ChildGuard,
    services: Services,
    brokers: Brokers,
    subscription: Subscription,
    route: Route,
    answers_expired: bool,
    poll: Option<PollThread>,
}

struct PollThread {
    consumer: Consumer,
    thread: OwnedThread,
    bootstrap_servers: String,
}

impl PollThread {
    /// Has the thread leave its group and end, without waiting for it.
    fn stop(&self) {
        self.thread.stop();
        self.consumer.stop();
    }
}

/// The name of a consumer's poll thread.
pub fn poll_thread(consumer: &str) -> String {
    format!("{consumer}-poll")
}

impl KafkaConsumer {
    /// A consumer of one topic; it follows the brokers when they move.
    pub fn new(
        guard: ChildGuard,
        services: Services,
        brokers: Brokers,
        subscription: Subscription,
        route: Route,
    ) -> Self {
        Self { guard, services, brokers, subscription, route, answers_expired: false, poll: None }
    }

    /// Also routes records whose deadline has passed: their senders get an answer that says so.
    pub fn answering_expired(mut self) -> Self {
        self.answers_expired = true;
        self
    }

    /// Starts a poll thread at these brokers, and stops the one at the previous brokers.
    fn poll_at(&mut self, access: BrokerAccess) {
        if let Some(previous) = self.poll.take() {
            previous.stop();
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
        self.poll = Some(PollThread { consumer, thread, bootstrap_servers: access.bootstrap_servers });
    }

    /// Moves to other brokers each time their address changes.
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
        // no join: leaving the group may take as long as the broker is away
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
            // half of the time for records in flight, the other half to commit and to leave the group
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
