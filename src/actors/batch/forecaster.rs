//! Batch inference: every claim of `inference-data` gets a forecast after its last row, and a backtest over the rows it has.
//!
//! A claim is done in this order: its line is in a stored log segment, its event is on `performance-eval`, the broker has confirmed the
//! event, the record is acknowledged.

use std::rc::Rc;
use std::time::Duration;

use actix::prelude::*;
use tokio::task::JoinSet;

use crate::actors::shared::{Services, Serving};
use crate::runtime::{ChildGuard, Drain, Observe, observed};

use super::answering::{ClaimAnswerer, answer};
use super::messages::AnswerClaim;
use super::settings::BatchClaims;

/// Claims in flight at most. Each waits up to 250 ms for its log segment, and reading starts slowly after a pause: half as many claims
/// in flight halved the claims answered in a second.
pub const CLAIMS_IN_FLIGHT: usize = 2048;

/// Claims of the retry topic in flight at most, nearly all of which wait until they are due.
pub const PARKED_IN_FLIGHT: usize = 256;
/// How long removing the journal of this process may hold up a stop.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Supervised actor of the group `batch`.
pub struct BatchForecaster {
    guard: ChildGuard,
    answerer: Rc<ClaimAnswerer>,
    /// One task a claim. Tasks that are left when the actor ends are dropped, which hands their records back.
    answering: JoinSet<()>,
}

impl BatchForecaster {
    /// A forecaster of claims; those that name no series are about `identifier`.
    pub fn new(
        guard: ChildGuard,
        services: Services,
        serving: Serving,
        identifier: String,
        settings: BatchClaims,
    ) -> Self {
        let answerer = Rc::new(ClaimAnswerer::new(services, serving, identifier, settings));
        Self { guard, answerer, answering: JoinSet::new() }
    }
}

impl Actor for BatchForecaster {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(self.answerer.attempts().keep_journal().into_actor(self));
        ctx.spawn(self.answerer.clone().free_models().into_actor(self));
    }
}

impl Handler<AnswerClaim> for BatchForecaster {
    type Result = ();

    fn handle(&mut self, message: AnswerClaim, _: &mut Self::Context) {
        // tasks that ended are removed; a task that panicked has ended its actor
        while self.answering.try_join_next().is_some() {}
        let AnswerClaim { claim, delivery } = message;
        self.answering.spawn_local(answer(self.answerer.clone(), claim, delivery.in_hand()));
    }
}

impl Handler<Drain> for BatchForecaster {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        // the consumer drained before this actor and gave its claims their time; the rest come again
        self.answering.abort_all();
        let closed = tokio::time::timeout(CLOSE_TIMEOUT, self.answerer.attempts().close());
        ctx.spawn(closed.into_actor(self).map(|_, actor, ctx| {
            actor.guard.drained();
            ctx.stop();
        }));
    }
}

impl Handler<Observe> for BatchForecaster {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(observed(&self.answerer.state()))
    }
}
