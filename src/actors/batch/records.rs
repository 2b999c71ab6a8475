//! Records of `inference-data`, as messages to the batch forecaster.

use crate::kafka::{Delivery, InferenceClaim, Record};

use super::messages::{AnswerClaim, ForecastClaim};

/// The longest event id: every answer repeats it, and an answer must not become too large for a record.
const CLAIM_ID_MAX_BYTES: usize = 1024;

/// Reads a claim; one that names no series is about `own`. The message lacks only the delivery of its record.
///
/// # Errors
/// The record is no claim; the text says which field is wrong.
pub fn parse_claim(record: &Record, own: &str) -> Result<impl FnOnce(Delivery) -> AnswerClaim + use<>, String> {
    let claim = InferenceClaim::parse(&record.payload).map_err(|error| error.to_string())?.claim;
    let claim_id = claim.event_id.clone().unwrap_or_else(|| record.origin());
    if claim_id.len() > CLAIM_ID_MAX_BYTES {
        return Err(format!("field `event_id` has {} bytes; it may have {CLAIM_ID_MAX_BYTES}", claim_id.len()));
    }
    let identifier = claim.identifier.clone().unwrap_or_else(|| own.to_owned());
    let claim = ForecastClaim { claim, identifier, claim_id, deadline: record.deadline() };
    Ok(move |delivery| AnswerClaim { claim, delivery })
}
