//! Data sets: two Parquet files in original units, never overwritten, and the record that makes them a data set.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use crate::forecast::{
    CALENDAR_COLUMNS, ImputedRows, MinMax, Prepared, PreprocessConfig, Series, read_parquet, sha256_hex, write_parquet,
};

use super::buckets::PROCESSED_BUCKET;
use super::dataset_key::DatasetKey;
use super::error::StorageError;
use super::objects::{Entry, ObjectStore};
use super::records::{create_file, create_or_read, read, read_checked};
use super::timestamp::now;

const VERSION: u32 = 1;
const IMPUTED: &str = "imputed";

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
    /// When it was published, RFC 3339.
    pub created_at: String,
}

impl DatasetRecord {
    /// The name of the data set.
    pub fn key(&self) -> DatasetKey {
        DatasetKey {
            identifier: self.identifier.clone(),
            config_hash: self.config_hash.clone(),
            dataset_id: self.dataset_id.clone(),
        }
    }
}

/// What a preprocessor knows of a data set before it is stored.
pub struct DatasetDraft {
    /// The series that the data set is about.
    pub identifier: String,
    /// Hash of identifier, configuration and input bytes.
    pub dataset_id: String,
    /// The preprocessing configuration.
    pub config: PreprocessConfig,
    /// Measured columns, in file order.
    pub measured: Vec<String>,
}

/// A data set in memory.
pub struct Dataset {
    /// The record of the data set.
    pub record: DatasetRecord,
    /// The train part.
    pub train: Series,
    /// The test part.
    pub test: Series,
    /// By column: rows of the test part that were not measured.
    pub imputed_test: BTreeMap<String, Vec<u32>>,
}

/// The data sets of a store.
#[derive(Clone)]
pub struct Datasets {
    objects: ObjectStore,
    /// By key: ETag and record of every data set in the last listing. A record is never overwritten, so it need not be read again.
    listed: Arc<Mutex<BTreeMap<String, (String, DatasetRecord)>>>,
}

impl Datasets {
    /// The data sets in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects, listed: Arc::default() }
    }

    /// Stores both parts, then the record that makes them a data set; objects that are stored already stay.
    pub async fn publish(&self, draft: DatasetDraft, prepared: &Prepared) -> Result<DatasetRecord, StorageError> {
        let key = DatasetKey {
            identifier: draft.identifier,
            config_hash: draft.config.config_hash(),
            dataset_id: draft.dataset_id,
        };
        let folder = key.folder();
        let scale = score_scale(&prepared.train, &draft.measured);
        let metadata = |imputed: &BTreeMap<String, Vec<u32>>| {
            [
                ("preprocess_config", draft.config.canonical_json()),
                ("config_hash", key.config_hash.clone()),
                ("dataset_id", key.dataset_id.clone()),
                ("score_scaler", serde_json::json!(scale).to_string()),
                (IMPUTED, serde_json::json!(imputed).to_string()),
            ]
            .map(|(key, value)| (key.to_owned(), value))
        };
        let test = (&prepared.test, metadata(&prepared.imputed_test), &draft.config.test_file);
        let train = (&prepared.train, metadata(&prepared.imputed_train), &draft.config.train_file);
        let test = self.store(format!("{folder}/test.parquet"), test).await?;
        fail::fail_point!("dataset-test-file-stored");
        let train = self.store(format!("{folder}/train.parquet"), train).await?;
        fail::fail_point!("dataset-files-stored");
        let record = DatasetRecord {
            v: VERSION,
            identifier: key.identifier.clone(),
            config_hash: key.config_hash.clone(),
            dataset_id: key.dataset_id.clone(),
            config: draft.config.canonical_json(),
            bucket: PROCESSED_BUCKET.into(),
            train,
            test,
            measured: draft.measured,
            means: prepared.means.clone(),
            calendar: CALENDAR_COLUMNS.iter().all(|name| prepared.train.column(name).is_some()),
            scaler_type: draft.config.scaler.clone(),
            created_at: now(),
        };
        // after an attempt that broke off here, both records are those of that attempt
        let record_of_test = format!("{folder}/test.meta.json");
        let record = create_or_read(&self.objects, PROCESSED_BUCKET, &record_of_test, record).await?;
        fail::fail_point!("dataset-test-record-stored");
        // the record of the train part is written last: it is what makes the files a data set
        let record_of_train = format!("{folder}/train.meta.json");
        let record = create_or_read(&self.objects, PROCESSED_BUCKET, &record_of_train, record).await?;
        fail::fail_point!("dataset-recorded");
        if record.dataset_id != key.dataset_id {
            let cause = format!(
                "it is of data set {}, whose id starts alike; publish under another identifier",
                record.dataset_id
            );
            return Err(StorageError::damaged(PROCESSED_BUCKET, &record_of_train, cause));
        }
        Ok(record)
    }

    /// The record of a data set, if it was published.
    pub async fn find(&self, key: &DatasetKey) -> Result<Option<DatasetRecord>, StorageError> {
        let object = format!("{}/train.meta.json", key.folder());
        let found: Option<DatasetRecord> = read(&self.objects, PROCESSED_BUCKET, &object).await?;
        // folders carry only the first part of the id
        Ok(found.filter(|record| record.dataset_id == key.dataset_id))
    }

    /// All data sets, of all identifiers.
    pub async fn list(&self) -> Result<Vec<DatasetRecord>, StorageError> {
        let entries = self.objects.list(PROCESSED_BUCKET, "").await?;
        let before = self.listed().clone();
        let mut listed = BTreeMap::new();
        for Entry { key, etag, .. } in entries.into_iter().filter(|entry| entry.key.ends_with("/train.meta.json")) {
            let record = match before.get(&key).filter(|(seen, _)| *seen == etag) {
                Some((_, record)) => Ok(Some(record.clone())),
                None => read(&self.objects, PROCESSED_BUCKET, &key).await,
            };
            match record {
                Ok(Some(record)) => drop(listed.insert(key, (etag, record))),
                Ok(None) => {}
                // a record that cannot be read must not hide the others
                Err(error @ StorageError::Damaged { .. }) => tracing::warn!(%error, "data set passed over"),
                Err(error) => return Err(error),
            }
        }
        let records = listed.values().map(|(_, record)| record.clone()).collect();
        *self.listed() = listed;
        Ok(records)
    }

    fn listed(&self) -> MutexGuard<'_, BTreeMap<String, (String, DatasetRecord)>> {
        self.listed.lock()
    }

    /// Whether both files that the record names are stored; publishing the data set again restores a missing file.
    pub async fn has_files(&self, record: &DatasetRecord) -> Result<bool, StorageError> {
        let folder = record.key().folder();
        let stored = self.objects.list(&record.bucket, &format!("{folder}/")).await?;
        let is_there =
            |file: &StoredFile| stored.iter().any(|entry| entry.key == file.object && entry.size == file.size);
        Ok(is_there(&record.train) && is_there(&record.test))
    }

    /// Reads both parts, and checks their bytes against the record.
    pub async fn load(&self, record: &DatasetRecord) -> Result<Dataset, StorageError> {
        let (train, _) = self.part(record, &record.train).await?;
        let (test, metadata) = self.part(record, &record.test).await?;
        let imputed = imputed_rows(&metadata)
            .map_err(|error| StorageError::damaged(&record.bucket, &record.test.object, error))?;
        Ok(Dataset { record: record.clone(), train, test, imputed_test: imputed })
    }

    async fn part(
        &self,
        record: &DatasetRecord,
        file: &StoredFile,
    ) -> Result<(Series, BTreeMap<String, String>), StorageError> {
        let bytes = read_checked(&self.objects, &record.bucket, &file.object, &file.sha256).await?;
        Ok(read_parquet(bytes)?)
    }

    async fn store(
        &self,
        object: String,
        (series, metadata, source): (&Series, [(String, String); 5], &String),
    ) -> Result<StoredFile, StorageError> {
        let written = Bytes::from(write_parquet(series, &metadata)?);
        let bytes = create_file(&self.objects, PROCESSED_BUCKET, &object, written.clone()).await?;
        let (sha256, size) = (sha256_hex(&bytes), bytes.len() as u64);
        // an earlier attempt of another program version may have stored other bytes: the record describes the stored ones
        let rows = if bytes == written { series.rows() } else { read_parquet(bytes)?.0.rows() };
        Ok(StoredFile { object, sha256, size, rows: rows as u64, source_object: source.clone() })
    }
}

/// Reads from the metadata of a Parquet file which rows of each column were not measured; none if the metadata does not say.
pub fn imputed_rows(metadata: &BTreeMap<String, String>) -> Result<ImputedRows, serde_json::Error> {
    metadata.get(IMPUTED).map_or_else(|| Ok(ImputedRows::new()), |text| serde_json::from_str(text))
}

/// The min-max scale of each measured column over the train part.
fn score_scale(train: &Series, measured: &[String]) -> BTreeMap<String, MinMax> {
    let scale = |name: &String| Some((name.clone(), MinMax::fit(&train.column(name)?.values)?));
    measured.iter().filter_map(scale).collect()
}
