//! Data sets and their files.

use futures::StreamExt;

use crate::storage::{DatasetRecord, Datasets, ObjectStore};

use super::finding::Finding;

const SUBJECT: &str = "data sets";
/// Objects of data sets that are looked at, four each.
const OBJECTS_MAX: usize = 2_000;
/// Data sets that are looked at at the same time.
const LOOKS_AT_ONCE: usize = 16;

/// Whether every data set has its files, of the first ones by name.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let datasets = Datasets::new(objects.clone());
    let records = match datasets.list_at_most(OBJECTS_MAX).await {
        Ok(records) => records,
        Err(error) => return vec![Finding::broken(SUBJECT, error.to_string())],
    };
    let count = records.len();
    let looks = records.into_iter().map(|record| look(datasets.clone(), record));
    let looked: Vec<Option<Finding>> = futures::stream::iter(looks).buffered(LOOKS_AT_ONCE).collect().await;
    let mut findings: Vec<Finding> = looked.into_iter().flatten().collect();
    if findings.is_empty() {
        findings.push(Finding::ok(SUBJECT, format!("{count} with all their files")));
    }
    findings
}

async fn look(datasets: Datasets, record: DatasetRecord) -> Option<Finding> {
    let subject = format!("data set {}", record.dataset_id);
    match datasets.has_files(&record).await {
        Ok(true) => None,
        Ok(false) => {
            let text = "a file is missing or was replaced; prepare it again with FORCE_REPROCESS=1";
            Some(Finding::broken(subject, text))
        }
        Err(error) => Some(Finding::broken(subject, error.to_string())),
    }
}
