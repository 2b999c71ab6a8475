//! What becomes of the record of a claim that was not answered.

use std::time::Instant;

use crate::kafka::Delivery;

use super::answering::ClaimAnswerer;
use super::claim_error::ClaimError;
use super::messages::ForecastClaim;
use super::waiting::{NotParked, Parking, is_parked};

/// Settles the delivery of a claim that was not answered.
pub fn give_back(answerer: &ClaimAnswerer, claim: &ForecastClaim, error: ClaimError, delivery: Delivery) {
    let claim_id = claim.claim_id.as_str();
    let refused = |cause: &str| tracing::warn!(event = "claim_refused", service = "inference", claim_id, cause);
    let cause = match error {
        ClaimError::Rejected(cause) => {
            refused(&cause);
            delivery.reject(cause.clone());
            cause
        }
        ClaimError::RejectedForGood(cause) => {
            refused(&cause);
            delivery.reject_for_good(cause.clone());
            cause
        }
        ClaimError::Retry(cause) | ClaimError::NoModel(cause) => {
            tracing::debug!(event = "claim_handed_back", service = "inference", claim_id, cause);
            delivery.hand_back();
            cause
        }
    };
    answerer.last_error.replace(Some(cause));
}

/// Has a claim wait for the model of its series: in place if the series has room for that, else in the retry topic.
pub async fn wait_for_model(
    answerer: &ClaimAnswerer,
    claim: &ForecastClaim,
    place: &str,
    cause: String,
    delivery: Delivery,
) {
    let record = &claim.record;
    let waits_here =
        !is_parked(record) && answerer.waiting.borrow_mut().takes(place, &claim.identifier, Instant::now());
    if waits_here {
        return give_back(answerer, claim, ClaimError::Retry(cause), delivery);
    }
    match (Parking { producer: &answerer.producer }).park(record, &claim.claim_id, &delivery).await {
        Ok(()) => {
            fail::fail_point!("claim-parked");
            answerer.parked.set(answerer.parked.get() + 1);
            delivery.done();
        }
        Err(NotParked::Later(error)) => {
            let cause = format!("{cause}; it was not put into the retry topic: {error}");
            give_back(answerer, claim, ClaimError::Retry(cause), delivery);
        }
        Err(NotParked::Never(error)) => {
            let cause = format!("{cause}, and it cannot wait in the retry topic: {error}; make the record smaller");
            give_back(answerer, claim, ClaimError::RejectedForGood(cause), delivery);
        }
    }
}
