//! Batch inference: every claim of `inference-data` gets a forecast after its last row and a replay of the rows it has.
//!
//! The order is the promise: line in a stored log segment, event on `performance-eval`, delivery report, and only then is the claim done.
//!
//! * `objects`: the rows that claims name
//! * `shelf`: the models that answer them
//! * `outcome`: what the model says to them
//! * `log`: the segments
//! * `hands`: how much of the machine they may have
//! * `patience`: since when a series has no model
//! * `recent`: what keeps rows and outcomes for the next claim of the same

use std::rc::Rc;

use actix::prelude::*;
use tokio::task::JoinSet;

use crate::actors::shared::{Services, Serving};
use crate::runtime::{ChildGuard, Drain, Observe, observed};

use super::answering::{ClaimAnswerer, answer};
use super::messages::AnswerClaim;
use super::settings::BatchClaims;

/// Claims in hand at most. Each waits up to 250 ms for its segment, and reading starts slowly after a pause: with half as many, half as many
/// were answered in a second.
pub const CLAIMS_IN_FLIGHT: usize = 2048;

/// Supervised actor of the group `batch`.
pub struct BatchForecaster {
    guard: ChildGuard,
    desk: Rc<ClaimAnswerer>,
    /// One a claim: those that are left when the actor ends are dropped, which hands their records back.
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
        let desk = Rc::new(ClaimAnswerer::new(services, serving, identifier, settings));
        Self { guard, desk, answering: JoinSet::new() }
    }
}

impl Actor for BatchForecaster {
    type Context = Context<Self>;
}

impl Handler<AnswerClaim> for BatchForecaster {
    type Result = ();

    fn handle(&mut self, message: AnswerClaim, _: &mut Self::Context) {
        // those that have ended need not be kept; one that panicked has ended its actor
        while self.answering.try_join_next().is_some() {}
        let AnswerClaim { asked, delivery } = message;
        self.answering.spawn_local(answer(self.desk.clone(), asked, delivery.take_up()));
    }
}

impl Handler<Drain> for BatchForecaster {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        // the consumer has given them the time that it has; what is not done by now comes again
        self.answering.abort_all();
        self.guard.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for BatchForecaster {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(observed(&self.desk.state()))
    }
}
