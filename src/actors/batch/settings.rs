//! Settings of batch inference.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::forecast::ReadOptions;
use crate::storage::{InferenceLog, WorkJournals};

/// How claims are answered.
#[derive(Clone)]
pub struct BatchClaims {
    /// Steps of a forecast.
    pub horizon: usize,
    /// How objects are read.
    pub options: ReadOptions,
    /// Where answers are logged.
    pub log: InferenceLog,
    /// Where it is noted what this process works on.
    pub journals: WorkJournals,
    /// The buckets that claims may read.
    pub buckets: ClaimBuckets,
}

/// Buckets that are remembered as refused: their names come from claims.
const REFUSED_MAX: usize = 64;

/// The buckets that claims may read; clones are one.
#[derive(Clone)]
pub struct ClaimBuckets {
    allowed: Arc<[String]>,
    refused: Arc<Mutex<BTreeSet<String>>>,
}

impl From<Vec<String>> for ClaimBuckets {
    fn from(allowed: Vec<String>) -> Self {
        Self { allowed: allowed.into(), refused: Arc::default() }
    }
}

impl ClaimBuckets {
    /// Refuses a bucket that claims may not read. The first claim of each such bucket is a warning in the log.
    ///
    /// # Errors
    /// The text names the setting.
    pub fn check(&self, bucket: &str) -> Result<(), String> {
        if self.allowed.iter().any(|allowed| allowed == bucket) {
            return Ok(());
        }
        let mut refused = self.refused.lock();
        if refused.len() < REFUSED_MAX && refused.insert(bucket.to_owned()) {
            tracing::warn!(
                event = "claim_bucket_refused",
                service = "inference",
                bucket,
                "claims of this bucket become dead letters: add it to CLAIM_BUCKETS to have them answered"
            );
        }
        let allowed = self.allowed.join(", ");
        Err(format!("field `bucket` is `{bucket}`, and claims may read {allowed}; add it to CLAIM_BUCKETS to allow it"))
    }
}
