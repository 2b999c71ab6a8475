//! The rows behind claims: read once, checked against their hash, kept for the claims that name them again.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinError;

use crate::actors::shared::CONTEXTS_MAX_BYTES;
use crate::forecast::{
    DataError, ImputedRows, ReadOptions, Series, Shape, file_shape, is_own_parquet, parquet_shape, read_parquet_within,
    read_series, sha256_hex,
};
use crate::kafka::DataClaim;
use crate::limits::{CLAIM_OBJECT, DATA_CELLS, Limit};
use crate::runtime::Reservation;
use crate::storage::{FIRST_READ_BYTES, Fetched, ObjectError, ObjectStore, imputed_rows};

use super::attempts::Attempts;
use super::claim_error::ClaimError;
use super::limits::{ClaimLimits, ClaimMemory};
use super::recent_values::RecentValues;

/// Rows that are kept, in bytes.
const ROWS_MAX_BYTES: usize = 64 << 20;
/// Objects whose version is remembered, for claims that name no hash.
const VERSIONS_MAX: usize = 4096;
/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// How often the cells of an object lie in memory while a claim is answered: as they are read, row by row, as truth that is measured and
/// that is compared with, and as forecasts of the backtest.
const WORK_COPIES: usize = 5;

/// The rows of one object.
pub struct ObjectRows {
    /// Hash of the object's bytes.
    pub sha256: String,
    /// The rows.
    pub series: Series,
    /// By column: rows that were not measured.
    pub imputed: ImputedRows,
}

impl ObjectRows {
    /// The memory that they take up, nearly all of it their times and values.
    fn bytes(&self) -> usize {
        self.shape().bytes()
    }

    /// The memory that a claim for them takes up while it is answered.
    pub fn work_bytes(&self) -> usize {
        work_bytes(self.shape())
    }

    fn shape(&self) -> Shape {
        Shape { rows: self.series.rows(), columns: self.series.columns.len() + 1 }
    }
}

/// Bucket and key.
type ObjectPlace = (String, String);

/// An object as it was last seen.
#[derive(Clone)]
struct Version {
    etag: String,
    sha256: String,
}

/// Reads objects and remembers their rows.
pub struct ClaimObjects {
    objects: ObjectStore,
    limits: ClaimLimits,
    attempts: Attempts,
    options: Arc<ReadOptions>,
    /// The memory of the rows that are kept.
    _kept: Option<Reservation>,
    /// By object and hash of its bytes.
    rows: RecentValues<(ObjectPlace, String), Arc<ObjectRows>, ClaimError>,
    versions: RefCell<HashMap<ObjectPlace, Version>>,
}

impl ClaimObjects {
    /// Nothing read yet; files are read by these options.
    pub fn new(objects: ObjectStore, limits: ClaimLimits, attempts: Attempts, options: ReadOptions) -> Self {
        let kept = limits.kept_bytes(ROWS_MAX_BYTES);
        let rows = RecentValues::new(kept, |rows: &Arc<ObjectRows>| rows.bytes());
        // an actor that restarts may find the memory still held by claims of its predecessor
        let kept = limits.more_memory(kept);
        Self { objects, limits, attempts, options: Arc::new(options), _kept: kept, rows, versions: RefCell::default() }
    }

    /// The rows that a claim names, and the memory of the work on them if they were read for it; hold it until they are answered.
    ///
    /// Bytes of another hash than the claim's are refused. Where the claim names none, the store is asked each time whether the object
    /// is still the same.
    pub async fn rows(&self, claim: &DataClaim) -> Result<(Arc<ObjectRows>, Option<ClaimMemory>), ClaimError> {
        let place = (claim.bucket.clone(), claim.object.clone());
        match &claim.sha256 {
            Some(sha256) => self.version(place, sha256.to_ascii_lowercase()).await,
            None => self.newest(place).await,
        }
    }

    /// Objects whose rows are kept, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        self.rows.size()
    }

    async fn version(
        &self,
        place: ObjectPlace,
        sha256: String,
    ) -> Result<(Arc<ObjectRows>, Option<ClaimMemory>), ClaimError> {
        let mut memory = None;
        let make = async {
            let judged = self.read(&place, None, Some(&sha256)).await?.ok_or_else(|| absent(&place))?;
            memory = Some(judged.memory);
            self.parse(judged.bytes, &place, judged.sha256).await
        };
        let rows = self.rows.get((place.clone(), sha256.clone()), make).await?;
        Ok((rows, memory))
    }

    async fn newest(&self, place: ObjectPlace) -> Result<(Arc<ObjectRows>, Option<ClaimMemory>), ClaimError> {
        let known = self.versions.borrow().get(&place).cloned();
        let etag = known.as_ref().map(|known| known.etag.as_str());
        let (read, sha256) = match (self.read(&place, etag, None).await?, known) {
            (Some(judged), _) => {
                let sha256 = judged.sha256.clone();
                self.remember(&place, Version { etag: judged.etag.clone(), sha256: sha256.clone() });
                (Some(judged), sha256)
            }
            (None, Some(known)) => (None, known.sha256),
            (None, None) => return Err(absent(&place)),
        };
        let mut memory = None;
        let make = async {
            let judged = match read {
                Some(judged) => judged,
                // the object is the same, but its rows were forgotten
                None => self.read(&place, None, None).await?.ok_or_else(|| absent(&place))?,
            };
            memory = Some(judged.memory);
            self.parse(judged.bytes, &place, judged.sha256).await
        };
        let rows = self.rows.get((place.clone(), sha256), make).await?;
        Ok((rows, memory))
    }

    fn remember(&self, place: &ObjectPlace, version: Version) {
        let mut versions = self.versions.borrow_mut();
        if versions.len() >= VERSIONS_MAX {
            // each costs one read to find again
            versions.clear();
        }
        versions.insert(place.clone(), version);
    }

    /// Reads an object once there is memory for its bytes, and judges what it becomes before it is decoded; none if it is the version that
    /// is known.
    ///
    /// Where there is no memory for that at once, the bytes are given up and read again later: no claim holds memory while it waits.
    async fn read(
        &self,
        place: &ObjectPlace,
        etag: Option<&str>,
        sha256: Option<&str>,
    ) -> Result<Option<JudgedObject>, ClaimError> {
        let mut wanted = FIRST_READ_BYTES;
        loop {
            let mut memory = self.limits.memory(wanted).await?;
            let bytes_max = wanted.min(CLAIM_OBJECT.max_usize());
            let object = match self.objects.get_at_most(&place.0, &place.1, etag, bytes_max).await {
                Err(ObjectError::TooLarge { bytes, .. }) if bytes <= CLAIM_OBJECT.max_usize() => {
                    wanted = bytes.max(2 * wanted);
                    continue;
                }
                Ok(Fetched::New(object)) => object,
                Ok(Fetched::Unchanged) => return Ok(None),
                Ok(Fetched::Absent) => return Err(absent(place)),
                Err(error) => return Err(not_read(error.of_limit(CLAIM_OBJECT))),
            };
            let (bytes, etag) = (object.bytes, object.etag);
            let (name, options, hash) = (name_of(place), self.options.clone(), sha256.map(str::to_owned));
            let judging = bytes.clone();
            let judged = self.limits.compute(move || judge(&judging, &name, hash.as_deref(), &options)).await;
            let (sha256, shape) = judged.map_err(unread)??;
            let work = work_bytes(shape).saturating_add(bytes.len());
            let missing = work.saturating_sub(memory.bytes());
            if missing == 0 {
                memory.shrink_to(work);
                return Ok(Some(JudgedObject { bytes, etag, sha256, memory: vec![memory] }));
            }
            if let Some(more) = self.limits.more_memory(missing) {
                return Ok(Some(JudgedObject { bytes, etag, sha256, memory: vec![memory, more] }));
            }
            wanted = work;
        }
    }

    /// The rows of these bytes, parsed on the blocking pool.
    async fn parse(&self, bytes: Bytes, place: &ObjectPlace, sha256: String) -> Result<Arc<ObjectRows>, ClaimError> {
        let (name, options) = (name_of(place), self.options.clone());
        let _attempt = self.attempts.begin(&sha256, &name).await?;
        let parsed = self.limits.compute(move || parse(bytes, &name, sha256, &options)).await;
        Ok(Arc::new(parsed.map_err(unread)??))
    }
}

/// An object that may be decoded.
struct JudgedObject {
    bytes: Bytes,
    etag: String,
    sha256: String,
    /// The memory of the bytes, and of the work on what they become.
    memory: ClaimMemory,
}

/// The memory that the rows of a claim and the work on them take up.
fn work_bytes(shape: Shape) -> usize {
    shape.bytes().saturating_mul(WORK_COPIES).saturating_add(CONTEXTS_MAX_BYTES)
}

/// The hash of an object, and what it becomes; the hash is checked before anything of the object is parsed.
fn judge(
    bytes: &Bytes,
    name: &str,
    wanted: Option<&str>,
    options: &ReadOptions,
) -> Result<(String, Shape), ClaimError> {
    let sha256 = sha256_hex(bytes);
    if let Some(wanted) = wanted.filter(|wanted| *wanted != sha256) {
        return Err(ClaimError::Rejected(format!(
            "object {name} has another sha-256, but the claim says {wanted}; publish it again"
        )));
    }
    let shape = if is_own(bytes) {
        guarded(name, || parquet_shape(bytes, cells(options)))?
    } else if bytes.starts_with(PARQUET) || is_table_name(name) {
        file_shape(bytes, name, options).map_err(|error| refused(name, error))?
    } else {
        return Err(refused(name, "it is no Parquet file, and its name does not end in .csv"));
    };
    Ok((sha256, shape))
}

fn parse(bytes: Bytes, name: &str, sha256: String, options: &ReadOptions) -> Result<ObjectRows, ClaimError> {
    let (series, metadata) = match is_own(&bytes) {
        true => guarded(name, || read_parquet_within(bytes, cells(options)))?,
        false => (read_series(&bytes, name, options).map_err(|error| refused(name, error))?, BTreeMap::new()),
    };
    let imputed = imputed_rows(&metadata);
    let imputed = imputed.map_err(|error| refused(name, format_args!("its metadata `imputed`: {error}")))?;
    Ok(ObjectRows { sha256, series, imputed })
}

/// Whether the bytes are Parquet as data sets have it; other tables are read cell by cell.
fn is_own(bytes: &Bytes) -> bool {
    bytes.starts_with(PARQUET) && catch_unwind(AssertUnwindSafe(|| is_own_parquet(bytes))).unwrap_or(false)
}

/// Whether an object of this name may be a table of text, compressed or not.
fn is_table_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [".csv", ".tsv", ".txt"].iter().any(|ending| name.ends_with(ending))
}

fn cells(options: &ReadOptions) -> Limit {
    DATA_CELLS.with_max(options.max_cells)
}

/// Runs the Parquet reader; bytes that only look like a Parquet file may make it panic.
fn guarded<T>(name: &str, read: impl FnOnce() -> Result<T, DataError>) -> Result<T, ClaimError> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.map_err(|_| refused(name, "the Parquet file is damaged"))?.map_err(|error| refused(name, error))
}

fn refused(name: &str, cause: impl std::fmt::Display) -> ClaimError {
    ClaimError::RejectedForGood(format!("object {name} cannot be used: {cause}"))
}

fn name_of((bucket, key): &ObjectPlace) -> String {
    format!("{bucket}/{key}")
}

fn not_read(error: ObjectError) -> ClaimError {
    match error {
        ObjectError::OverLimit { .. } => ClaimError::RejectedForGood(error.to_string()),
        error if error.should_hand_back() => ClaimError::Retry(error.to_string()),
        error => ClaimError::Rejected(error.to_string()),
    }
}

/// A parser that panicked did so over these bytes; one that was cancelled did so because the node is stopping.
fn unread(error: JoinError) -> ClaimError {
    let cause = format!("the rows were not read: {error}");
    match error.is_panic() {
        true => ClaimError::Rejected(cause),
        false => ClaimError::Retry(cause),
    }
}

fn absent((bucket, key): &ObjectPlace) -> ClaimError {
    ClaimError::Rejected(format!(
        "{bucket}/{key} is not in the object store; check that it was published to this store"
    ))
}
