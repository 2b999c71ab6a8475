//! Data sets: two Parquet files in original units, never overwritten, and the record that makes them a data set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};

use crate::forecast::{
    CALENDAR_COLUMNS, DataError, ImputedRows, MinMax, Prepared, PreprocessConfig, Series, Shape, parquet_shape,
    read_parquet_within, sha256_hex, write_parquet,
};
use crate::limits::{DATA_CELLS, DATA_FILE, Limit, LimitExceeded};
use crate::runtime::{MemoryShare, Reservation};

use super::buckets::PROCESSED_BUCKET;
use super::dataset_key::DatasetKey;
use super::dataset_record::{DatasetRecord, RECORD_FILE, StoredFile, folder_and_file};
use super::error::StorageError;
use super::objects::{Entry, ObjectStore, PassedOver};
use super::records::{create_file, create_or_read, read, read_checked};
use super::timestamp::now;

pub(super) const VERSION: u32 = 1;
const IMPUTED: &str = "imputed";
/// How often the cells of a data set lie in memory while a model is fitted to them or scored on them: as they are stored, as they are
/// fitted, encoded, and as tensors.
const WORK_COPIES: usize = 4;
/// How long a data set waits for the memory that others hold.
const MEMORY_PATIENCE: Duration = Duration::from_secs(60);

/// What a preprocessor knows of a data set before it is stored.
pub struct DatasetDraft {
    /// The series that the data set is about.
    pub identifier: String,
    /// The name of the series in a long file, as it is written there; none where the files are one series.
    pub series: Option<String>,
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
    /// The memory of both parts, and of the work on them.
    _memory: Reservation,
}

/// By key: ETag and record of every object of a listing that should be one; no record where the object is passed over.
type ListedRecords = BTreeMap<String, (String, Option<DatasetRecord>)>;

/// The data sets of a store.
#[derive(Clone)]
pub struct Datasets {
    objects: ObjectStore,
    /// The last listing. A record is never overwritten, so it need not be read again.
    listed: Arc<Mutex<ListedRecords>>,
    /// One listing at a time: what it reads, the others need not read.
    listing: Arc<tokio::sync::Mutex<()>>,
    cells: Limit,
    memory: MemoryShare,
}

impl Datasets {
    /// The data sets in this store.
    pub fn new(objects: ObjectStore) -> Self {
        let memory = MemoryShare::new("data sets", usize::MAX);
        Self { objects, listed: Arc::default(), listing: Arc::default(), cells: DATA_CELLS, memory }
    }

    /// The same data sets, each part of at most so many cells; those that are loaded share this memory.
    pub fn within(self, cells: Limit, memory: MemoryShare) -> Self {
        Self { cells, memory, ..self }
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
        let seq = self.next_seq(&key).await?;
        let test = (&prepared.test, metadata(&prepared.imputed_test), &draft.config.test_file);
        let train = (&prepared.train, metadata(&prepared.imputed_train), &draft.config.train_file);
        let test = self.store(format!("{folder}/test.parquet"), test).await?;
        fail::fail_point!("dataset-test-file-stored");
        let train = self.store(format!("{folder}/train.parquet"), train).await?;
        fail::fail_point!("dataset-files-stored");
        let record = DatasetRecord {
            v: VERSION,
            identifier: key.identifier.clone(),
            series: draft.series,
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
            seq,
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
        let _one_at_a_time = self.listing.lock().await;
        self.listed_in(self.objects.list(PROCESSED_BUCKET, "").await?).await
    }

    /// The data sets of the first `objects_max` objects, of which each has four.
    pub async fn list_at_most(&self, objects_max: usize) -> Result<Vec<DatasetRecord>, StorageError> {
        let _one_at_a_time = self.listing.lock().await;
        self.listed_in(self.objects.list_at_most(PROCESSED_BUCKET, "", objects_max).await?).await
    }

    async fn listed_in(&self, entries: Vec<Entry>) -> Result<Vec<DatasetRecord>, StorageError> {
        let before = self.listed().clone();
        let mut listed = ListedRecords::new();
        for Entry { key, etag, .. } in entries {
            let Some((folder, file)) = folder_and_file(&key) else {
                self.objects.pass_over_foreign(PROCESSED_BUCKET, &key);
                continue;
            };
            if file != RECORD_FILE {
                continue;
            }
            if let Some((_, record)) = before.get(&key).filter(|(seen, _)| *seen == etag) {
                let record = record.clone();
                if record.is_some() {
                    self.objects.is_whole(PROCESSED_BUCKET, &key);
                }
                listed.insert(key, (etag, record));
                continue;
            }
            let record = match read::<DatasetRecord>(&self.objects, PROCESSED_BUCKET, &key).await {
                Ok(Some(record)) if record.key().folder() == folder => {
                    self.objects.is_whole(PROCESSED_BUCKET, &key);
                    Some(record)
                }
                Ok(Some(_)) => {
                    let reason = "it is the record of another data set; remove it";
                    self.objects.pass_over(PROCESSED_BUCKET, &key, PassedOver::Damaged, reason);
                    None
                }
                Ok(None) => continue,
                // a record that cannot be read must not hide the others
                Err(error @ StorageError::Damaged { .. }) => {
                    self.objects.pass_over(PROCESSED_BUCKET, &key, PassedOver::Damaged, error);
                    None
                }
                Err(error) => return Err(error),
            };
            listed.insert(key, (etag, record));
        }
        let records = listed.values().filter_map(|(_, record)| record.clone()).collect();
        *self.listed() = listed;
        Ok(records)
    }

    /// The newest data set of each identifier, by their numbers.
    pub async fn newest(&self) -> Result<Vec<DatasetRecord>, StorageError> {
        let mut newest: BTreeMap<String, DatasetRecord> = BTreeMap::new();
        for record in self.list().await? {
            let known = newest.get(&record.identifier);
            if known.is_none_or(|known| record.is_newer_than(known)) {
                newest.insert(record.identifier.clone(), record);
            }
        }
        Ok(newest.into_values().collect())
    }

    /// The number after those of the other data sets of this identifier.
    async fn next_seq(&self, key: &DatasetKey) -> Result<u64, StorageError> {
        let of_series = self.list().await?.into_iter().filter(|record| record.identifier == key.identifier);
        let largest = of_series.filter(|record| record.dataset_id != key.dataset_id).map(|record| record.seq).max();
        Ok(largest.unwrap_or_default().saturating_add(1))
    }

    fn listed(&self) -> MutexGuard<'_, ListedRecords> {
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

    /// Reads both parts as soon as there is memory for them, and checks their bytes against the record.
    ///
    /// # Errors
    /// As those of `reserve`; a file is not what the record says.
    pub async fn load(&self, record: &DatasetRecord) -> Result<Dataset, StorageError> {
        let memory = self.reserve(record).await?;
        self.load_into(record, memory).await
    }

    /// Waits for the memory of both parts and of the work on them.
    ///
    /// # Errors
    /// The record tells of more cells than the limit, or of more memory than there is; others hold it.
    pub async fn reserve(&self, record: &DatasetRecord) -> Result<Reservation, StorageError> {
        let files = [&record.train, &record.test];
        let mut bytes: usize = 0;
        for (file, shape) in files.iter().zip(record.shapes()) {
            let refused = |error: LimitExceeded| DataError::new(format!("{}/{}: {error}", record.bucket, file.object));
            DATA_FILE.check(file.size).map_err(refused)?;
            self.cells.check_product(shape.rows, shape.columns).map_err(refused)?;
            let stored = usize::try_from(file.size).unwrap_or(usize::MAX);
            bytes = bytes.saturating_add(shape.bytes().saturating_mul(WORK_COPIES)).saturating_add(stored);
        }
        Ok(self.memory.reserve(bytes, MEMORY_PATIENCE).await?)
    }

    /// Reads both parts into memory that was reserved for them, and checks their bytes against the record.
    ///
    /// # Errors
    /// A file is not what the record says, or the store is away.
    pub async fn load_into(&self, record: &DatasetRecord, memory: Reservation) -> Result<Dataset, StorageError> {
        let (train, _) = self.part(record, &record.train, record.shapes()[0]).await?;
        let (test, metadata) = self.part(record, &record.test, record.shapes()[1]).await?;
        let imputed = imputed_rows(&metadata)
            .map_err(|error| StorageError::damaged(&record.bucket, &record.test.object, error))?;
        Ok(Dataset { record: record.clone(), train, test, imputed_test: imputed, _memory: memory })
    }

    async fn part(
        &self,
        record: &DatasetRecord,
        file: &StoredFile,
        recorded: Shape,
    ) -> Result<(Series, BTreeMap<String, String>), StorageError> {
        let limit = DATA_FILE.with_max(file.size);
        let bytes = read_checked(&self.objects, &record.bucket, &file.object, &file.sha256, limit).await?;
        // the memory was reserved for what the record says
        let shape = parquet_shape(&bytes, self.cells)?;
        if shape.rows != recorded.rows || shape.columns > recorded.columns {
            let Shape { rows, columns } = shape;
            let cause = format!("it has {rows} rows of {columns} columns, which is not what its record says");
            return Err(StorageError::damaged(&record.bucket, &file.object, cause));
        }
        Ok(read_parquet_within(bytes, self.cells)?)
    }

    async fn store(
        &self,
        object: String,
        (series, metadata, source): (&Series, [(String, String); 5], &String),
    ) -> Result<StoredFile, StorageError> {
        let written = Bytes::from(write_parquet(series, &metadata)?);
        let bytes = create_file(&self.objects, PROCESSED_BUCKET, &object, written.clone(), DATA_FILE).await?;
        let (sha256, size) = (sha256_hex(&bytes), bytes.len() as u64);
        // an earlier attempt of another program version may have stored other bytes: the record describes the stored ones
        let rows = if bytes == written { series.rows() } else { parquet_shape(&bytes, self.cells)?.rows };
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
