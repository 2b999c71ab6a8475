//! Data sets: two Parquet files in original units, never overwritten, and the record that makes them one.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use crate::forecast::{
    CALENDAR_COLUMNS, ImputedRows, MinMax, Prepared, PreprocessConfig, Series, read_parquet, sha256_hex, write_parquet,
};

use super::buckets::PROCESSED_BUCKET;
use super::error::StorageError;
use super::objects::{Entry, ObjectStore};
use super::records::{create_file, create_or_read, read, read_checked};
use super::timestamp::now;

const VERSION: u32 = 1;
const IMPUTED: &str = "imputed";

/// One stored part of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its key in the bucket.
    pub object: String,
    /// Hash of its bytes.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// The file it was made from.
    pub source_object: String,
}

/// What a data set is: where its files are, how they were made, what is in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Version of this record.
    pub v: u32,
    /// The series it is about.
    pub identifier: String,
    /// Hash of `config`.
    pub config_hash: String,
    /// Hash of identifier, configuration and input bytes.
    pub dataset_id: String,
    /// The canonical configuration of its preparation.
    pub config: String,
    /// Where the files are.
    pub bucket: String,
    /// The train part.
    pub train: StoredFile,
    /// The test part.
    pub test: StoredFile,
    /// Measured columns, in file order.
    pub measured: Vec<String>,
    /// Mean of each measured column over the train part: what a leading gap is filled with.
    pub means: BTreeMap<String, f64>,
    /// Whether calendar columns were added.
    pub calendar: bool,
    /// The scale in which scores are told.
    pub scaler_type: String,
    /// When it was published, RFC 3339.
    pub created_at: String,
}

/// What a preprocessor knows of a data set before it is stored.
pub struct DatasetDraft {
    /// The series it is about.
    pub identifier: String,
    /// Its identity.
    pub dataset_id: String,
    /// How it was prepared.
    pub config: PreprocessConfig,
    /// Measured columns, in file order.
    pub measured: Vec<String>,
}

/// A data set in memory.
pub struct Dataset {
    /// Its record.
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
    /// By key: ETag and record of those that were listed last. A record is never overwritten, so it need not be read again.
    known: Arc<Mutex<BTreeMap<String, (String, DatasetRecord)>>>,
}

impl Datasets {
    /// The data sets behind this client.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects, known: Arc::default() }
    }

    /// Stores both parts, then the record that makes them a data set; what is there already stays.
    pub async fn publish(&self, draft: DatasetDraft, prepared: &Prepared) -> Result<DatasetRecord, StorageError> {
        let (config_hash, dataset_id) = (draft.config.config_hash(), draft.dataset_id.clone());
        let folder = folder(&draft.identifier, &config_hash, &dataset_id);
        let scale = score_scale(&prepared.train, &draft.measured);
        let metadata = |imputed: &BTreeMap<String, Vec<u32>>| {
            [
                ("preprocess_config", draft.config.canonical_json()),
                ("config_hash", config_hash.clone()),
                ("dataset_id", dataset_id.clone()),
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
            identifier: draft.identifier,
            config_hash,
            dataset_id: dataset_id.clone(),
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
        // an attempt that broke off between the two records is completed with its own, so that both say the same
        let record_of_test = format!("{folder}/test.meta.json");
        let record = create_or_read(&self.objects, PROCESSED_BUCKET, &record_of_test, record).await?;
        fail::fail_point!("dataset-test-record-stored");
        // the record of the train part is written last: it is what makes the files a data set
        let record_of_train = format!("{folder}/train.meta.json");
        let record = create_or_read(&self.objects, PROCESSED_BUCKET, &record_of_train, record).await?;
        fail::fail_point!("dataset-recorded");
        if record.dataset_id != dataset_id {
            let cause = format!(
                "it is of data set {}, whose id starts alike; publish under another identifier",
                record.dataset_id
            );
            return Err(StorageError::damaged(PROCESSED_BUCKET, &record_of_train, cause));
        }
        Ok(record)
    }

    /// The record of one data set.
    pub async fn find(
        &self,
        identifier: &str,
        config_hash: &str,
        dataset_id: &str,
    ) -> Result<Option<DatasetRecord>, StorageError> {
        let key = format!("{}/train.meta.json", folder(identifier, config_hash, dataset_id));
        let found: Option<DatasetRecord> = read(&self.objects, PROCESSED_BUCKET, &key).await?;
        Ok(found.filter(|record| record.dataset_id == dataset_id))
    }

    /// All data sets, of all identifiers.
    pub async fn list(&self) -> Result<Vec<DatasetRecord>, StorageError> {
        let entries = self.objects.list(PROCESSED_BUCKET, "").await?;
        let known = self.known().clone();
        let mut listed = BTreeMap::new();
        for Entry { key, etag, .. } in entries.into_iter().filter(|entry| entry.key.ends_with("/train.meta.json")) {
            let record = match known.get(&key).filter(|(seen, _)| *seen == etag) {
                Some((_, record)) => Ok(Some(record.clone())),
                None => read(&self.objects, PROCESSED_BUCKET, &key).await,
            };
            match record {
                Ok(Some(record)) => drop(listed.insert(key, (etag, record))),
                Ok(None) => {}
                // one that cannot be read must not hide the others
                Err(error @ StorageError::Damaged { .. }) => tracing::warn!(%error, "data set passed over"),
                Err(error) => return Err(error),
            }
        }
        let records = listed.values().map(|(_, record)| record.clone()).collect();
        *self.known() = listed;
        Ok(records)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, (String, DatasetRecord)>> {
        self.known.lock()
    }

    /// Whether both files that the record names are there; publishing again brings back one that is not.
    pub async fn has_files(&self, record: &DatasetRecord) -> Result<bool, StorageError> {
        let folder = folder(&record.identifier, &record.config_hash, &record.dataset_id);
        let stored = self.objects.list(&record.bucket, &format!("{folder}/")).await?;
        let is_there =
            |file: &StoredFile| stored.iter().any(|entry| entry.key == file.object && entry.size == file.size);
        Ok(is_there(&record.train) && is_there(&record.test))
    }

    /// Both parts, their bytes checked against the record.
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
        // an attempt of another version may have left other bytes: the record tells of those that are there
        let rows = if bytes == written { series.rows() } else { read_parquet(bytes)?.0.rows() };
        Ok(StoredFile { object, sha256, size, rows: rows as u64, source_object: source.clone() })
    }
}

/// The rows of a Parquet file that were not measured, by column, out of its metadata; none where that says nothing of it.
pub fn imputed_rows(metadata: &BTreeMap<String, String>) -> Result<ImputedRows, serde_json::Error> {
    metadata.get(IMPUTED).map_or_else(|| Ok(ImputedRows::new()), |text| serde_json::from_str(text))
}

fn folder(identifier: &str, config_hash: &str, dataset_id: &str) -> String {
    format!("{identifier}/{config_hash}/{}", dataset_id.get(..16).unwrap_or(dataset_id))
}

/// The min-max scale of each measured column over the train part.
fn score_scale(train: &Series, measured: &[String]) -> BTreeMap<String, MinMax> {
    let scale = |name: &String| Some((name.clone(), MinMax::fit(&train.column(name)?.values)?));
    measured.iter().filter_map(scale).collect()
}
