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
