//! The Kafka consumer: owns the poll thread of one subscription and routes its records to other actors. When the
//! brokers come back elsewhere, it starts a new poll thread there; that is no restart of the actor.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;
use tokio::sync::watch;

use crate::runtime::{Drain, Exit, Lifeline, Observe, OwnedThread};
use crate::transport::{BrokerAccess, Brokers, Consumer, ConsumerConfig, Delivery, Record, consume};

use super::faults;
use super::messages::Inject;
use super::services::{BROKER, Services};

/// Where the records of one subscription go.
pub type Route = Arc<dyn Fn(Record, Delivery) + Send + Sync>;

/// What is read: a topic, alone or with the other members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The group that shares its records; without one every record from now on is heard.
    pub group: Option<String>,
}

/// Supervised actor of the group its records are for.
pub struct KafkaConsumer {
    lifeline: Lifeline,
    services: Services,
    brokers: Brokers,
    subscription: Subscription,
    route: Route,
    poll: Option<Poll>,
    /// Counts poll threads, so that the end of one that was left behind is not taken for the end of its successor.
    attempt: u64,
}

struct Poll {
    consumer: Consumer,
    thread: OwnedThread,
    bootstrap_servers: String,
}

#[derive(Message)]
#[rtype(result = "()")]
struct PollGone {
    attempt: u64,
    exit: Exit,
}

impl KafkaConsumer {
    /// A consumer of one topic, wherever the brokers are.
    pub fn new(
        lifeline: Lifeline,
        services: Services,
        brokers: Brokers,
        subscription: Subscription,
        route: Route,
    ) -> Self {
        Self { lifeline, services, brokers, subscription, route, poll: None, attempt: 0 }
    }

    /// Polls at this place; a thread that polled elsewhere leaves its group by itself.
    fn poll_at(&mut self, access: BrokerAccess, ctx: &mut Context<Self>) {
        if let Some(left_behind) = self.poll.take() {
            left_behind.consumer.stop();
        }
        self.attempt += 1;
        let (route, gone, attempt) = (self.route.clone(), ctx.address(), self.attempt);
        let config = ConsumerConfig {
            bootstrap_servers: access.bootstrap_servers.clone(),
            group: self.subscription.group.clone(),
            topic: self.subscription.topic.clone(),
            extra: access.consumer_extra,
        };
        let (consumer, poll_loop) =
            consume(config, self.services.producer.clone(), move |record, delivery| route(record, delivery), || {});
        let poll_loop = poll_loop.telling(self.services.health.dependency(BROKER));
        let thread = OwnedThread::spawn(
            &format!("{}-poll", self.lifeline.name()),
            move |exit| gone.do_send(PollGone { attempt, exit }),
            move || poll_loop.run().map_err(|error| error.to_string()),
        );
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
                consumer.poll_at(access, ctx);
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
        self.poll_at(access, ctx);
        self.follow(moves, ctx);
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // the thread leaves the group by itself; waiting for it could take as long as the broker is away
        if let Some(poll) = self.poll.take() {
            poll.consumer.stop();
        }
    }
}

impl Handler<PollGone> for KafkaConsumer {
    type Result = ();

    fn handle(&mut self, gone: PollGone, ctx: &mut Self::Context) {
        if gone.attempt != self.attempt {
            return; // it was told to stop, because the brokers are elsewhere now
        }
        self.lifeline.fail(format!("the poll thread ended: {}", gone.exit));
        ctx.stop();
    }
}

impl Handler<Inject> for KafkaConsumer {
    type Result = Result<(), String>;

    fn handle(&mut self, inject: Inject, ctx: &mut Self::Context) -> Self::Result {
        faults::strike(inject.fault, ctx, |consumer: &Self| &consumer.lifeline)
    }
}

impl Handler<Drain> for KafkaConsumer {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        let in_time = self.poll.take().is_none_or(|poll| {
            poll.consumer.stop();
            poll.thread.join_within(drain.deadline.saturating_duration_since(Instant::now()))
        });
        if in_time {
            self.lifeline.drained();
        } else {
            self.lifeline.fail("the poll thread did not leave its group in time");
        }
        ctx.stop();
    }
}

impl Handler<Observe> for KafkaConsumer {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let state = self.poll.as_ref().map(|poll| poll.consumer.state());
        let at = self.poll.as_ref().map(|poll| &poll.bootstrap_servers);
        let Subscription { topic, group } = &self.subscription;
        MessageResult(serde_json::json!({"topic": topic, "group": group, "brokers": at, "poll": state}))
    }
}
