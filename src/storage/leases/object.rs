//! The object of a lease: its key and its bytes.

use crate::forecast::{Family, Lineage};
use crate::storage::records::json;
use crate::storage::timestamp::now;

use super::record::LeaseRecord;

pub(super) fn lease_key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("leases/{identifier}/{dataset_id}/{family}/{train_hash}.json")
}

/// The bytes of this version, written now.
pub(super) fn to_json(record: &LeaseRecord) -> Vec<u8> {
    json(&LeaseRecord { written_at: now(), ..record.clone() })
}

/// The record in these bytes; none if they are not a lease.
pub(super) fn parse(bytes: &[u8]) -> Option<LeaseRecord> {
    serde_json::from_slice(bytes).ok()
}
