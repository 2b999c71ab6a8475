//! Records of `inference-data` and of its retry topic, as messages to the batch forecaster.

use crate::kafka::{Delivery, InferenceClaim, Record};
use crate::limits::RECORD_KEY;

use super::messages::{AnswerClaim, ForecastClaim};
use super::settings::ClaimBuckets;
use super::waiting::claim_id_of;

/// Reads a claim; one that names no series is about `own`, and its bucket is one of `buckets`. The message lacks only the delivery of its
/// record.
///
/// # Errors
/// The record is no claim; the text says which field is wrong.
pub fn parse_claim(
    record: &Record,
    own: &str,
    buckets: &ClaimBuckets,
) -> Result<impl FnOnce(Delivery) -> AnswerClaim + use<>, String> {
    let claim = InferenceClaim::parse(&record.payload).map_err(|error| error.to_string())?.claim;
    buckets.check(&claim.bucket)?;
    let parked = claim_id_of(record).transpose()?;
    if let Some(claim_id) = &parked {
        RECORD_KEY.check(claim_id.len()).map_err(|error| format!("header `claim_id`: {error}"))?;
    }
    let claim_id = parked.or_else(|| claim.event_id.clone()).unwrap_or_else(|| record.origin());
    let identifier = claim.identifier.clone().unwrap_or_else(|| own.to_owned());
    let claim = ForecastClaim { claim, identifier, claim_id, deadline: record.deadline(), record: record.clone() };
    Ok(move |delivery| AnswerClaim { claim, delivery })
}
