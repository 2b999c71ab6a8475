//! The probe for conditional writes, which leases, the decision log and the pointer need.

use std::sync::Arc;

use bytes::Bytes;

use crate::limits::STORED_RECORD;
use crate::storage::objects::error::ObjectError;
use crate::storage::objects::store::ObjectStore;
use crate::storage::objects::types::{Condition, ConditionSupport, Put};

/// The folder of the probes' objects; no identifier is called so.
pub(in crate::storage) const PROBES_FOLDER: &str = ".probe/";
/// An ETag that no object has.
const NO_VERSION: &str = "\"00000000000000000000000000000000\"";

impl ObjectStore {
    /// Tries each kind of condition on a new object, and remembers whether the store kept to it.
    pub async fn probe_conditions(&self, bucket: &str) -> Result<ConditionSupport, ObjectError> {
        let key = format!("{PROBES_FOLDER}{}", uuid::Uuid::new_v4().simple());
        let probed = self.probe(bucket, &key).await;
        // an object that cannot be removed is small, and does no harm
        let _ = self.delete(bucket, &key).await;
        let conditions = match probed {
            Err(ObjectError::Refused { reason, .. }) if reason.starts_with("501") => {
                ConditionSupport::Broken("it does not know conditional writes (501)")
            }
            other => other?,
        };
        self.conditions.store(Some(Arc::new(conditions)));
        Ok(conditions)
    }

    /// Whether the store keeps to conditions; true until a probe has found otherwise.
    pub fn has_conditional_writes(&self) -> bool {
        self.conditions.load().as_deref().is_none_or(|conditions| *conditions == ConditionSupport::Kept)
    }

    async fn probe(&self, bucket: &str, key: &str) -> Result<ConditionSupport, ObjectError> {
        let put = async |text: &'static str, condition: Condition<'_>| {
            self.put(bucket, key, Bytes::from_static(text.as_bytes()), condition).await
        };
        let Put::Done { etag } = put("first", Condition::IfAbsent).await? else {
            return Ok(ConditionSupport::Broken("it says that an object exists which was never written"));
        };
        if put("second", Condition::IfAbsent).await? != Put::Lost {
            return Ok(ConditionSupport::Broken("it overwrites an object in spite of If-None-Match: *"));
        }
        if put("third", Condition::IfMatch(NO_VERSION)).await? != Put::Lost {
            return Ok(ConditionSupport::Broken("it overwrites an object in spite of If-Match with another ETag"));
        }
        if put("fourth", Condition::IfMatch(&etag)).await? == Put::Lost {
            return Ok(ConditionSupport::Broken("it does not overwrite an object whose ETag is that of If-Match"));
        }
        let there = self.read(bucket, key, STORED_RECORD).await?.map(|object| object.bytes);
        Ok(match there.as_deref() == Some(b"fourth") {
            true => ConditionSupport::Kept,
            false => ConditionSupport::Broken("it gives back other bytes than those that were written last"),
        })
    }
}
