//! What is in a store: objects that FLTS did not name, and records that this program cannot use. It reads a bounded number of objects.

use futures::{StreamExt, TryStreamExt};

use crate::storage::buckets::{INFERENCE_LOG_BUCKET, MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET};
use crate::storage::checkpoints::{FOLDER as CHECKPOINTS_FOLDER, training_of};
use crate::storage::dataset_record::{RECORD_FILE, folder_and_file};
use crate::storage::inference_log::is_segment_key;
use crate::storage::leases::{LEASES_FOLDER, is_lease_key};
use crate::storage::objects::{ObjectError, ObjectStore, PROBES_FOLDER};
use crate::storage::promotion::{is_decision_key, is_promotion_key};
use crate::storage::runs::{EXPERIMENT, RUNS_FOLDER, is_artifact_key, is_run_key};
use crate::storage::work_journals::{PREFIX as JOURNALS_FOLDER, is_journal_key};

use super::examine::{RecordState, examine};

pub use super::examine::RecordKind;

/// Keys of an area that are listed.
const KEYS_MAX: usize = 5_000;
/// Records of an area that are read: the last ones in the order of their keys, which are the newest of a decision log.
const RECORDS_MAX: usize = 500;
/// Records that are read at the same time.
const READS_AT_ONCE: usize = 16;
/// Foreign objects that are named.
const FOREIGN_NAMED_MAX: usize = 3;

/// What was found in a store.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Records that were read, of every kind.
    pub examined: usize,
    /// Kind, bucket and key of each damaged record, and why.
    pub damaged: Vec<(RecordKind, String, String)>,
    /// Kind, bucket and key of each record of a newer program, and its version.
    pub newer: Vec<(RecordKind, String, u64)>,
    /// How many objects FLTS did not name.
    pub foreign: usize,
    /// Bucket and key of some of them.
    pub foreign_named: Vec<String>,
    /// Whether there is more than was looked at.
    pub is_partial: bool,
}

type KeyTest = fn(&str) -> bool;

/// Objects under one prefix, and what they must be.
struct Area {
    bucket: &'static str,
    prefix: &'static str,
    is_ours: KeyTest,
    /// Which of them are records.
    records: Option<(RecordKind, KeyTest)>,
}

const fn area(bucket: &'static str, prefix: &'static str, is_ours: KeyTest) -> Area {
    Area { bucket, prefix, is_ours, records: None }
}

const fn records(area: Area, kind: RecordKind, is_record: KeyTest) -> Area {
    Area { records: Some((kind, is_record)), ..area }
}

/// Every place but the bucket of input files, whose names are the user's.
const AREAS: &[Area] = &[
    records(area(PROCESSED_BUCKET, "", |key| folder_and_file(key).is_some()), RecordKind::Dataset, is_dataset_key),
    records(area(MLFLOW_BUCKET, RUNS_FOLDER, is_run_key), RecordKind::Run, is_run_key),
    records(area(MLFLOW_BUCKET, LEASES_FOLDER, is_lease_key), RecordKind::Lease, is_lease_key),
    area(MLFLOW_BUCKET, CHECKPOINTS_FOLDER, |key| training_of(key).is_some()),
    area(MLFLOW_BUCKET, JOURNALS_FOLDER, is_journal_key),
    area(MLFLOW_BUCKET, EXPERIMENT, is_artifact_key),
    records(area(PROMOTION_BUCKET, "", is_promotion_key), RecordKind::Decision, is_decision_key),
    area(INFERENCE_LOG_BUCKET, "", is_segment_key),
];

/// Surveys a store.
///
/// # Errors
/// The store is away or refuses.
pub async fn survey(objects: &ObjectStore) -> Result<Survey, ObjectError> {
    let mut survey = Survey::default();
    for folder in objects.list_folders(MLFLOW_BUCKET).await? {
        let is_known = AREAS.iter().any(|area| area.bucket == MLFLOW_BUCKET && area.folder() == folder);
        if !is_known {
            survey.add_foreign(MLFLOW_BUCKET, &format!("{folder}/"));
        }
    }
    for area in AREAS {
        area.survey(objects, &mut survey).await?;
    }
    Ok(survey)
}

impl Area {
    /// The prefix without the slash at its end.
    fn folder(&self) -> &str {
        self.prefix.trim_end_matches('/')
    }

    async fn survey(&self, objects: &ObjectStore, survey: &mut Survey) -> Result<(), ObjectError> {
        let entries = objects.list_at_most(self.bucket, self.prefix, KEYS_MAX).await?;
        survey.is_partial |= entries.len() >= KEYS_MAX;
        let mut records = Vec::new();
        for entry in entries {
            if !(self.is_ours)(&entry.key) && !entry.key.starts_with(PROBES_FOLDER) {
                survey.add_foreign(self.bucket, &entry.key);
            } else if let Some((kind, is_record)) = self.records
                && is_record(&entry.key)
            {
                records.push((kind, entry.key));
            }
        }
        let skipped = records.len().saturating_sub(RECORDS_MAX);
        survey.is_partial |= skipped > 0;
        let reads = records.into_iter().skip(skipped).map(async |(kind, key)| {
            let state = examine(objects, kind, &key).await?;
            Ok::<_, ObjectError>((kind, key, state))
        });
        let examined: Vec<_> = futures::stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        survey.examined += examined.len();
        for (kind, key, state) in examined {
            let name = format!("{}/{key}", self.bucket);
            match state {
                RecordState::Sound => {}
                RecordState::Newer(version) => survey.newer.push((kind, name, version)),
                RecordState::Damaged(reason) => survey.damaged.push((kind, name, reason)),
            }
        }
        Ok(())
    }
}

impl Survey {
    fn add_foreign(&mut self, bucket: &str, key: &str) {
        self.foreign += 1;
        if self.foreign_named.len() < FOREIGN_NAMED_MAX {
            self.foreign_named.push(format!("{bucket}/{key}"));
        }
    }
}

fn is_dataset_key(key: &str) -> bool {
    folder_and_file(key).is_some_and(|(_, file)| file == RECORD_FILE)
}
