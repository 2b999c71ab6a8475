//! The Kafka consumer: owns the poll thread of one subscription and routes its records to other actors.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;

use crate::runtime::{Drain, Exit, Lifeline, Observe, OwnedThread};
use crate::transport::{Consumer, ConsumerConfig, Delivery, Record, consume};

use super::faults;
use super::messages::Inject;
use super::services::Services;

/// Where the records of one subscription go.
pub type Route = Arc<dyn Fn(Record, Delivery) + Send + Sync>;

/// Supervised actor of the group its records are for.
pub struct KafkaConsumer {
    lifeline: Lifeline,
    services: Services,
    config: ConsumerConfig,
    route: Route,
    poll: Option<(Consumer, OwnedThread)>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct PollGone {
    exit: Exit,
}

impl KafkaConsumer {
    /// A consumer of one topic in one group.
    pub fn new(lifeline: Lifeline, services: Services, config: ConsumerConfig, route: Route) -> Self {
        Self { lifeline, services, config, route, poll: None }
    }
}

impl Actor for KafkaConsumer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (route, gone) = (self.route.clone(), ctx.address());
        let (consumer, poll_loop) = consume(
            self.config.clone(),
            self.services.producer.clone(),
            move |record, delivery| route(record, delivery),
            || {},
        );
        let thread = OwnedThread::spawn(
            &format!("{}-poll", self.lifeline.name()),
            move |exit| gone.do_send(PollGone { exit }),
            move || poll_loop.run().map_err(|error| error.to_string()),
        );
        self.poll = Some((consumer, thread));
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // the thread leaves the group by itself; waiting for it could take as long as the broker is away
        if let Some((consumer, _)) = self.poll.take() {
            consumer.stop();
        }
    }
}

impl Handler<PollGone> for KafkaConsumer {
    type Result = ();

    fn handle(&mut self, gone: PollGone, ctx: &mut Self::Context) {
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
        let in_time = self.poll.take().is_none_or(|(consumer, thread)| {
            consumer.stop();
            thread.join_within(drain.deadline.saturating_duration_since(Instant::now()))
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
        let state = self.poll.as_ref().map(|(consumer, _)| consumer.state());
        MessageResult(serde_json::json!({"topic": self.config.topic, "group": self.config.group, "poll": state}))
    }
}
