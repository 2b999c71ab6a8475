//! What becomes of the record of a claim: it is done, rejected, handed back, or waits for a model.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use crate::kafka::{Delivery, Producer};

use super::claim_error::ClaimError;
use super::messages::ForecastClaim;
use super::waiting::{NotParked, Parking, Turns, WaitingShare, is_parked};

/// When a parked claim that waits in place is looked at again.
const IN_PLACE_PAUSE: Duration = Duration::from_secs(5);

/// Settles deliveries, and remembers what waits and what went wrong last.
pub struct Settling {
    producer: Producer,
    /// The series that this node serves.
    own: String,
    waiting: RefCell<WaitingShare>,
    turns: RefCell<Turns>,
    parked: Cell<u64>,
    last_error: RefCell<Option<String>>,
}

impl Settling {
    /// Nothing waits, on a node that serves the series `own`.
    pub fn new(producer: Producer, own: String) -> Self {
        Self {
            producer,
            own,
            waiting: RefCell::default(),
            turns: RefCell::default(),
            parked: Cell::default(),
            last_error: RefCell::default(),
        }
    }

    /// Claims that were parked.
    pub fn parked(&self) -> u64 {
        self.parked.get()
    }

    /// Why a claim was refused or handed back, the latest time.
    pub fn last_error(&self) -> Option<String> {
        self.last_error.borrow().clone()
    }

    /// Remembers what went wrong.
    pub fn note(&self, cause: String) {
        self.last_error.replace(Some(cause));
    }

    /// Notes that a claim does not wait in place any more.
    pub fn seen(&self, claim: &ForecastClaim) {
        self.waiting.borrow_mut().seen(&claim.record.origin());
    }

    /// Settles a claim that was answered.
    pub fn done(&self, delivery: Delivery) {
        self.last_error.replace(None);
        delivery.done();
    }

    /// Settles a claim that was not answered.
    pub fn give_back(&self, claim: &ForecastClaim, error: ClaimError, delivery: Delivery) {
        let claim_id = claim.claim_id.as_str();
        let refused = |cause: &str| tracing::warn!(event = "claim_refused", service = "inference", claim_id, cause);
        let cause = match error {
            ClaimError::Rejected(rejection) => {
                refused(&rejection.cause);
                let cause = rejection.cause.clone();
                delivery.reject(rejection);
                cause
            }
            ClaimError::Retry(cause) | ClaimError::NoModel(cause) => {
                tracing::debug!(event = "claim_handed_back", service = "inference", claim_id, cause);
                delivery.hand_back();
                cause
            }
        };
        self.note(cause);
    }

    /// Has a claim wait for the model of its series: in place if the series has room for that, else in the retry topic. There, claims of
    /// the node's own series wait in place, so that reading pauses until their model is there.
    pub async fn wait_for_model(&self, claim: &ForecastClaim, cause: String, delivery: Delivery) {
        let record = &claim.record;
        let takes = || self.waiting.borrow_mut().takes(&record.origin(), &claim.identifier, Instant::now());
        if !is_parked(record) && takes() {
            return self.give_back(claim, ClaimError::Retry(cause), delivery);
        }
        let waits_on = || self.turns.borrow_mut().waits(&record.origin(), Instant::now());
        if is_parked(record) && claim.identifier == self.own && waits_on() {
            self.note(cause);
            return delivery.hand_back_for(IN_PLACE_PAUSE);
        }
        match (Parking { producer: &self.producer }).park(record, &claim.claim_id, &delivery).await {
            Ok(()) => {
                fail::fail_point!("claim-parked");
                self.parked.set(self.parked.get() + 1);
                delivery.done();
            }
            Err(NotParked::Later(error)) => {
                let cause = format!("{cause}; it was not put into the retry topic: {error}");
                self.give_back(claim, ClaimError::Retry(cause), delivery);
            }
            Err(NotParked::Never(error)) => {
                let cause = format!("{cause}, and it cannot wait in the retry topic: {error}; make the record smaller");
                self.give_back(claim, ClaimError::rejected_for_good(cause), delivery);
            }
        }
    }
}
