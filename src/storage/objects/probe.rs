//! Whether the store keeps to conditions: leases, the decision log and the pointer stand on that.

use bytes::Bytes;

use super::error::ObjectError;
use super::store::ObjectStore;
use super::types::{Condition, Put};

/// Where probes lie; no identifier has a history there.
const PROBES: &str = ".probe/";
/// An ETag that no object has: the MD5 of none.
const NO_VERSION: &str = "\"00000000000000000000000000000000\"";

/// What a store does with a condition that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// It keeps to all of them.
    Kept,
    /// It does not; the sentence says what it did.
    Broken(&'static str),
}

impl ObjectStore {
    /// Tries each kind of condition on an object of its own, and remembers what the store did with it.
    pub async fn probe_conditions(&self, bucket: &str) -> Result<Conditions, ObjectError> {
        let key = format!("{PROBES}{}", uuid::Uuid::new_v4().simple());
        let probed = self.probe(bucket, &key).await;
        // whoever could write mostly can delete; what is left is small
        let _ = self.delete(bucket, &key).await;
        let conditions = match probed {
            Err(ObjectError::Refused { reason, .. }) if reason.starts_with("501") => {
                Conditions::Broken("it does not know conditional writes (501)")
            }
            other => other?,
        };
        self.conditions.store(Some(std::sync::Arc::new(conditions)));
        Ok(conditions)
    }

    /// Whether conditions hold in this store; so it is taken to be until a probe has found otherwise.
    pub fn has_conditional_writes(&self) -> bool {
        self.conditions.load().as_deref().is_none_or(|conditions| *conditions == Conditions::Kept)
    }

    async fn probe(&self, bucket: &str, key: &str) -> Result<Conditions, ObjectError> {
        let put = async |text: &'static str, condition: Condition<'_>| {
            self.put(bucket, key, Bytes::from_static(text.as_bytes()), condition).await
        };
        let Put::Done { etag } = put("first", Condition::IfAbsent).await? else {
            return Ok(Conditions::Broken("it takes an object that nobody has written for one that is there"));
        };
        if put("second", Condition::IfAbsent).await? != Put::Lost {
            return Ok(Conditions::Broken("it overwrites an object in spite of If-None-Match: *"));
        }
        if put("third", Condition::IfMatch(NO_VERSION)).await? != Put::Lost {
            return Ok(Conditions::Broken("it overwrites an object in spite of If-Match with another ETag"));
        }
        if put("fourth", Condition::IfMatch(&etag)).await? == Put::Lost {
            return Ok(Conditions::Broken("it does not overwrite an object whose ETag is that of If-Match"));
        }
        let there = self.get(bucket, key).await?.map(|object| object.bytes);
        Ok(match there.as_deref() == Some(b"fourth") {
            true => Conditions::Kept,
            false => Conditions::Broken("it gives back other bytes than those that were written last"),
        })
    }
}
