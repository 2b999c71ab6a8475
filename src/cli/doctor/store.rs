//! The object store: buckets, rights, conditional writes, data sets.

use crate::storage::{BUCKETS, ConditionSupport, Datasets, ObjectStore, PROMOTION_BUCKET};

use super::finding::Finding;

const SUBJECT: &str = "object store";

/// Whether every bucket can be listed, the store keeps to conditional writes, and every data set has its files.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let mut findings = Vec::new();
    for bucket in BUCKETS {
        if let Err(error) = objects.list(bucket, "").await {
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
    findings.extend(datasets(objects).await);
    findings
}

async fn datasets(objects: &ObjectStore) -> Vec<Finding> {
    let datasets = Datasets::new(objects.clone());
    let records = match datasets.list().await {
        Ok(records) => records,
        Err(error) => return vec![Finding::broken("data sets", error.to_string())],
    };
    let mut findings = Vec::new();
    for record in &records {
        let subject = format!("data set {}", record.dataset_id);
        match datasets.has_files(record).await {
            Ok(true) => {}
            Ok(false) => findings.push(Finding::broken(
                subject,
                "a file is missing or was replaced; prepare it again with FORCE_REPROCESS=1",
            )),
            Err(error) => findings.push(Finding::broken(subject, error.to_string())),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("data sets", format!("{} with all their files", records.len())));
    }
    findings
}
