use crate::kafka::{InferenceClaim, Record};

use super::messages::AskedClaim;

/// Every answer repeats it, and must not become too large to be sent.
const CLAIM_ID_MAX_BYTES: usize = 1024;

/// Reads a record of `inference-data`; one that names no series is about `own`.
pub fn read_claim(record: &Record, own: &str) -> Result<AskedClaim, String> {
    let claim = InferenceClaim::parse(&record.payload).map_err(|error| error.to_string())?.claim;
    let claim_id = claim.event_id.clone().unwrap_or_else(|| record.origin());
    if claim_id.len() > CLAIM_ID_MAX_BYTES {
        return Err(format!("field `event_id` has {} bytes; it may have {CLAIM_ID_MAX_BYTES}", claim_id.len()));
    }
    let identifier = claim.identifier.clone().unwrap_or_else(|| own.to_owned());
    Ok(AskedClaim { claim, identifier, claim_id, deadline: record.deadline() })
}
