//! The object of a lease: its key and its bytes.

use crate::forecast::{Family, Lineage, is_identifier, is_sha256_hex};
use crate::storage::records::json;
use crate::storage::timestamp::now;

use super::record::LeaseRecord;

/// The folder of all leases.
pub(in crate::storage) const LEASES_FOLDER: &str = "leases/";

pub(super) fn lease_key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("{LEASES_FOLDER}{identifier}/{dataset_id}/{family}/{train_hash}.json")
}

/// Whether [`lease_key`] gives such a key.
pub(in crate::storage) fn is_lease_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let &["leases", identifier, dataset_id, family, file] = parts.as_slice() else { return false };
    let is_hash_file = file.strip_suffix(".json").is_some_and(is_sha256_hex);
    is_identifier(identifier) && is_sha256_hex(dataset_id) && family.parse::<Family>().is_ok() && is_hash_file
}

/// The bytes of this version, written now.
pub(super) fn to_json(record: &LeaseRecord) -> Vec<u8> {
    json(&LeaseRecord { written_at: now(), ..record.clone() })
}

/// The record in these bytes; none if they are not a lease.
pub(in crate::storage) fn parse(bytes: &[u8]) -> Option<LeaseRecord> {
    serde_json::from_slice(bytes).ok()
}
