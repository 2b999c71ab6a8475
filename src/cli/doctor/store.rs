//! The object store: buckets, rights, conditional writes.

use crate::storage::{BUCKETS, ConditionSupport, ObjectStore, PROMOTION_BUCKET};

use super::finding::Finding;

/// What findings about the whole store are of.
pub const SUBJECT: &str = "object store";

/// Whether every bucket can be listed, and the store keeps to conditional writes.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let mut findings = Vec::new();
    for bucket in BUCKETS {
        if let Err(error) = objects.list_at_most(bucket, "", 1).await {
            findings.push(Finding::broken(format!("bucket {bucket}"), error.to_string()));
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    findings.push(Finding::ok(SUBJECT, format!("all {} buckets can be listed", BUCKETS.len())));
    findings.push(match objects.probe_conditions(PROMOTION_BUCKET).await {
        Ok(ConditionSupport::Kept) => Finding::ok(SUBJECT, "it can be written, and keeps to conditional writes"),
        Ok(ConditionSupport::Broken(why)) => {
            Finding::broken(SUBJECT, format!("{why}: two evaluators could promote at once; use another store"))
        }
        Err(error) => Finding::broken(SUBJECT, format!("it cannot be written: {error}")),
    });
    findings
}
