//! Objects that a listing passes over: each is named in the log once, and counted; damaged ones are named by readiness until they are
//! whole again.

use crate::storage::objects::{ObjectError, ObjectStore, PassedOver};

/// Damaged objects that are looked at again; of further ones no replacement is noticed before they are read.
const LOOKED_AT_MAX: usize = 32;

impl ObjectStore {
    /// Notes that a listing passes over an object; the first time of each is logged and counted.
    pub fn pass_over(&self, bucket: &str, key: &str, why: PassedOver, reason: impl std::fmt::Display) {
        let reason = reason.to_string();
        if self.passed.note(bucket, key, why, &reason) {
            let object = format!("{bucket}/{key}");
            tracing::warn!(event = "object_passed_over", service = "store", object, kind = why.as_str(), reason);
            self.runner.passed_over(why);
        }
    }

    /// Notes that a listing passes over an object that FLTS did not name.
    pub fn pass_over_foreign(&self, bucket: &str, key: &str) {
        self.pass_over(bucket, key, PassedOver::Foreign, "flts gives no such name here; move it elsewhere");
    }

    /// Notes that an object can be used.
    pub(in crate::storage) fn is_whole(&self, bucket: &str, key: &str) {
        self.passed.is_whole(bucket, key);
    }

    /// Looks whether damaged objects were replaced or removed since the last look.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub async fn look_at_damaged(&self) -> Result<(), ObjectError> {
        for object in self.passed.damaged(LOOKED_AT_MAX) {
            let entries = self.list(&object.bucket, &object.key).await?;
            self.passed.look(&object, entries.into_iter().map(|entry| (entry.key, entry.etag)).collect());
        }
        Ok(())
    }
}
