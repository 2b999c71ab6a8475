//! From the records of a topic to messages for an actor.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix::{Actor, Context, Handler};

use crate::actors::shared::Route;
use crate::kafka::{Delivery, Record};
use crate::runtime::{ActorRef, Cast, HandOver, wall_clock};

/// Hands each record over to an actor, as the message that `parse` makes of it. A record that cannot be parsed is rejected. While the
/// actor is down its records are handed back and come again.
pub fn hand_over<A, M, F>(
    actor: ActorRef<A>,
    parse: impl Fn(&Record) -> Result<F, String> + Send + Sync + 'static,
) -> Route
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: HandOver,
    F: FnOnce(Delivery) -> M,
{
    Arc::new(move |record: Record, delivery: Delivery| match parse(&record) {
        // an actor that is down gives the message back; dropping it hands the record back
        Ok(message) => drop(actor.hand_over(message(delivery.waiting()))),
        Err(error) => delivery.reject(error),
    })
}

/// Keeps each record as long as `wait` says, and routes it then.
pub fn when_due(wait: fn(&Record, SystemTime) -> Option<Duration>, route: Route) -> Route {
    Arc::new(move |record: Record, delivery: Delivery| match wait(&record, wall_clock()) {
        Some(left) => delivery.hand_back_for(left),
        None => route(record, delivery),
    })
}

/// Sends the actor a hint for each record, without parsing it. A hint to a stopped actor is lost: the actor polls when it starts.
pub fn hint<A, M>(actor: ActorRef<A>, message: fn() -> M) -> Route
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Cast,
{
    Arc::new(move |_, delivery: Delivery| {
        let _ = actor.tell(message());
        delivery.done();
    })
}
