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

mod answering;
mod hands;
mod log;
mod objects;
mod outcome;
mod patience;
mod recent;
mod shelf;

use std::rc::Rc;

use actix::prelude::*;
use tokio::task::JoinSet;

use crate::actors::messages::{AnswerClaim, AskedClaim};
use crate::actors::services::Services;
use crate::actors::serving::Serving;
use crate::runtime::{Drain, Lifeline, Observe, observed};
use crate::storage::InferenceLog;
use crate::transport::{InferenceClaim, Record};

use answering::{ClaimDesk, answer};

/// Claims in hand at most. Each waits up to 250 ms for its segment, and reading starts slowly after a pause: with half as many, half as many
/// were answered in a second.
pub const CLAIMS_IN_FLIGHT: usize = 2048;

/// Every answer repeats it, and must not become too large to be sent.
const CLAIM_ID_MAX_BYTES: usize = 1024;

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// Longest run of missing rows of a CSV file that is imputed.
    pub max_gap_rows: usize,
    /// Where answers are written down.
    pub log: InferenceLog,
}

/// Why a claim was not answered.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// The claim is at fault.
    Refused(String),
    /// It is not: it comes again.
    Later(String),
}

/// Supervised actor of the group `batch`.
pub struct BatchForecaster {
    lifeline: Lifeline,
    desk: Rc<ClaimDesk>,
    /// One a claim: those that are left when the actor ends are dropped, which hands their records back.
    answering: JoinSet<()>,
}

impl BatchForecaster {
    /// A forecaster of claims; those that name no series are about `identifier`.
    pub fn new(
        lifeline: Lifeline,
        services: Services,
        serving: Serving,
        identifier: String,
        settings: BatchClaims,
    ) -> Self {
        let desk = Rc::new(ClaimDesk::new(services, serving, identifier, settings));
        Self { lifeline, desk, answering: JoinSet::new() }
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
        self.lifeline.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for BatchForecaster {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(observed(&self.desk.state()))
    }
}

/// Reads a record of `inference-data`; one that names no series is about `own`.
pub fn read_claim(record: &Record, own: &str) -> Result<AskedClaim, String> {
    let claim = InferenceClaim::parse(&record.payload).map_err(|error| error.to_string())?.claim;
    let claim_id = claim.event_id.clone().unwrap_or_else(|| record.origin());
    if claim_id.len() > CLAIM_ID_MAX_BYTES {
        return Err(format!("field `event_id` has {} bytes; it may have {CLAIM_ID_MAX_BYTES}", claim_id.len()));
    }
    // where the node's own series is the usual one, both come to the same
    let is_named = claim.identifier == own || names_series(&record.payload);
    let identifier = if is_named { claim.identifier.clone() } else { own.to_owned() };
    Ok(AskedClaim { claim, identifier, claim_id, deadline: record.deadline() })
}

/// Whether the record says which series it is about.
fn names_series(payload: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Named {
        identifier: Option<String>,
    }
    let named: Option<Named> = serde_json::from_slice(payload).ok();
    named.and_then(|named| named.identifier).is_some_and(|name| !name.is_empty() && name != "global")
}
