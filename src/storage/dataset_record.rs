//! The record of a data set, and the names of its files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::forecast::{CALENDAR_COLUMNS, Shape, is_identifier, is_sha256_hex};

use super::buckets::PROCESSED_BUCKET;
use super::dataset_key::DatasetKey;
use super::records::{Checked, check_hash, check_identifier};

/// The record that makes the files of its folder a data set.
pub(super) const RECORD_FILE: &str = "train.meta.json";
/// Every file of a data set.
const FILES: [&str; 4] = ["train.parquet", "test.parquet", "test.meta.json", RECORD_FILE];

/// One stored part of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// The key of the object in the bucket.
    pub object: String,
    /// SHA-256 of the object's bytes, hex.
    pub sha256: String,
    /// Size of the object in bytes.
    pub size: u64,
    /// Number of rows.
    pub rows: u64,
    /// The input file that it was made from.
    pub source_object: String,
}

/// The record of a data set: where its files are, how they were made, and what they hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Version of this record.
    pub v: u32,
    /// The series that the data set is about.
    pub identifier: String,
    /// The name of the series in a long file, where the identifier was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Hash of `config`.
    pub config_hash: String,
    /// Hash of identifier, configuration and input bytes.
    pub dataset_id: String,
    /// The preprocessing configuration as canonical JSON.
    pub config: String,
    /// The bucket of the files.
    pub bucket: String,
    /// The train part.
    pub train: StoredFile,
    /// The test part.
    pub test: StoredFile,
    /// Measured columns, in file order.
    pub measured: Vec<String>,
    /// Mean of each measured column over the train part; a gap at the start of a column is filled with it.
    pub means: BTreeMap<String, f64>,
    /// Whether calendar columns were added.
    pub calendar: bool,
    /// The scaler that defines the scale of the scores.
    pub scaler_type: String,
    /// When it was published, RFC 3339; for people, since clocks of machines differ.
    pub created_at: String,
    /// The place of the data set among those of its identifier: one more than the largest that its publisher saw. 0 in records of
    /// earlier versions.
    #[serde(default)]
    pub seq: u64,
}

impl Checked for DatasetRecord {
    fn check(&self) -> Result<(), String> {
        check_identifier(&self.identifier)?;
        check_hash("config_hash", &self.config_hash)?;
        check_hash("dataset_id", &self.dataset_id)?;
        let folder = self.key().folder();
        for (file, name) in [(&self.train, "train"), (&self.test, "test")] {
            check_hash("sha256", &file.sha256)?;
            if self.bucket != PROCESSED_BUCKET || file.object != format!("{folder}/{name}.parquet") {
                return Err(format!("its {name} part is {}/{}, outside of its folder", self.bucket, file.object));
            }
        }
        Ok(())
    }
}

impl DatasetRecord {
    /// Whether this data set counts as published after another one of its identifier. No clock decides that: of two that were published
    /// at the same time, every process takes the same one. Only data sets of earlier versions, which have no number, are told apart by
    /// their times.
    pub fn is_newer_than(&self, other: &DatasetRecord) -> bool {
        let time = |record: &DatasetRecord| if record.seq == 0 { record.created_at.clone() } else { String::new() };
        let order = |record: &DatasetRecord| (record.seq, time(record), record.dataset_id.clone());
        order(self) > order(other)
    }

    /// What both parts become in memory.
    pub(super) fn shapes(&self) -> [Shape; 2] {
        let columns = self.measured.len() + if self.calendar { CALENDAR_COLUMNS.len() } else { 0 } + 1;
        [&self.train, &self.test].map(|file| Shape { rows: usize::try_from(file.rows).unwrap_or(usize::MAX), columns })
    }

    /// The name of the data set.
    pub fn key(&self) -> DatasetKey {
        DatasetKey {
            identifier: self.identifier.clone(),
            config_hash: self.config_hash.clone(),
            dataset_id: self.dataset_id.clone(),
        }
    }
}

/// Folder and file of a key that this version gives; none of another one.
pub(super) fn folder_and_file(key: &str) -> Option<(&str, &str)> {
    let (folder, file) = key.rsplit_once('/')?;
    let parts: Vec<&str> = folder.split('/').collect();
    let &[identifier, config_hash, id] = parts.as_slice() else { return None };
    let is_ours = is_identifier(identifier)
        && is_sha256_hex(config_hash)
        && id.len() == 16
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && FILES.contains(&file);
    is_ours.then_some((folder, file))
}
