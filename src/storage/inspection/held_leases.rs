//! The leases that have an owner, alive or not: only who looks twice can tell.

use crate::limits::STORED_RECORD;
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::leases::{LEASES_FOLDER, LeaseRecord, is_lease_key, parse};
use crate::storage::objects::{ObjectError, ObjectStore};

/// A lease that has an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// The key of its object.
    pub key: String,
    /// The version; a renewal makes another one.
    pub etag: String,
    /// What it says.
    pub record: LeaseRecord,
}

/// The leases that have an owner, of the first `at_most` ones.
///
/// # Errors
/// The store is away or refuses.
pub async fn held_leases(objects: &ObjectStore, at_most: usize) -> Result<Vec<HeldLease>, ObjectError> {
    let mut held = Vec::new();
    let listed = objects.list_at_most(MLFLOW_BUCKET, LEASES_FOLDER, at_most).await?;
    for entry in listed.into_iter().filter(|entry| is_lease_key(&entry.key)) {
        let Some(object) = objects.read(MLFLOW_BUCKET, &entry.key, STORED_RECORD).await? else { continue };
        if let Some(record) = parse(&object.bytes).filter(|record| record.holder.is_some()) {
            held.push(HeldLease { key: entry.key, etag: object.etag, record });
        }
    }
    Ok(held)
}
