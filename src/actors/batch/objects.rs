//! The rows behind claims: read once, checked against their hash, kept for the claims that name them again.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinError;

use crate::forecast::{ImputedRows, Series, read_csv, read_parquet, sha256_hex};
use crate::kafka::DataClaim;
use crate::storage::{Fetched, ObjectError, ObjectStore, imputed_rows};

use super::attempts::Attempts;
use super::claim_error::ClaimError;
use super::limits::{ClaimLimits, MemoryPermit, shrink};
use super::recent_values::RecentValues;

/// The largest object that is read for a claim.
const OBJECT_MAX_BYTES: usize = 64 << 20;
/// Bytes of memory reserved for the first read of an object; a larger object is read again with its real size.
const FIRST_READ_MAX_BYTES: usize = 1 << 20;
/// Rows that are kept, in bytes.
const ROWS_MAX_BYTES: usize = 64 << 20;
/// Objects whose version is remembered, for claims that name no hash.
const VERSIONS_MAX: usize = 4096;
/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// Bytes of a cell: one time or one value.
const CELL_BYTES: usize = 8;

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
        self.series.rows() * (self.series.columns.len() + 1) * CELL_BYTES
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
    max_gap_rows: usize,
    /// By object and hash of its bytes.
    rows: RecentValues<(ObjectPlace, String), Arc<ObjectRows>, ClaimError>,
    versions: RefCell<HashMap<ObjectPlace, Version>>,
}

impl ClaimObjects {
    /// Nothing read yet; gaps of up to `max_gap_rows` in CSV files are imputed.
    pub fn new(objects: ObjectStore, limits: ClaimLimits, attempts: Attempts, max_gap_rows: usize) -> Self {
        let rows = RecentValues::new(ROWS_MAX_BYTES, |rows: &Arc<ObjectRows>| rows.bytes());
        Self { objects, limits, attempts, max_gap_rows, rows, versions: RefCell::default() }
    }

    /// The rows that a claim names, and a permit for their memory if they were read for it; hold it until they are answered.
    ///
    /// Bytes of another hash than the claim's are refused. Where the claim names none, the store is asked each time whether the object
    /// is still the same.
    pub async fn rows(&self, claim: &DataClaim) -> Result<(Arc<ObjectRows>, Option<MemoryPermit>), ClaimError> {
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
    ) -> Result<(Arc<ObjectRows>, Option<MemoryPermit>), ClaimError> {
        let mut permit = None;
        let make = async {
            let (bytes, held) = self.read(&place).await?;
            permit = Some(held);
            self.parse(bytes, &place, &sha256).await
        };
        let rows = self.rows.get((place.clone(), sha256.clone()), make).await?;
        Ok((rows, permit))
    }

    async fn newest(&self, place: ObjectPlace) -> Result<(Arc<ObjectRows>, Option<MemoryPermit>), ClaimError> {
        let known = self.versions.borrow().get(&place).cloned();
        let etag = known.as_ref().map(|known| known.etag.as_str());
        let (fetched, mut permit) = self.fetch(&place, etag).await?;
        let (bytes, sha256) = match (fetched, known) {
            (Fetched::New(object), _) => {
                let bytes = object.bytes.clone();
                let sha256 = self.limits.compute(move || sha256_hex(&bytes)).await.map_err(unread)?;
                self.remember(&place, Version { etag: object.etag, sha256: sha256.clone() });
                (Some(object.bytes), sha256)
            }
            (Fetched::Unchanged, Some(known)) => (None, known.sha256),
            (Fetched::Unchanged, None) | (Fetched::Absent, _) => return Err(absent(&place)),
        };
        let make = async {
            let bytes = match bytes {
                Some(bytes) => bytes,
                // the object is the same, but its rows were forgotten
                None => {
                    let (bytes, held) = self.read(&place).await?;
                    permit = Some(held);
                    bytes
                }
            };
            self.parse(bytes, &place, &sha256).await
        };
        let rows = self.rows.get((place.clone(), sha256.clone()), make).await?;
        Ok((rows, permit))
    }

    fn remember(&self, place: &ObjectPlace, version: Version) {
        let mut versions = self.versions.borrow_mut();
        if versions.len() >= VERSIONS_MAX {
            // each costs one read to find again
            versions.clear();
        }
        versions.insert(place.clone(), version);
    }

    async fn read(&self, place: &ObjectPlace) -> Result<(Bytes, MemoryPermit), ClaimError> {
        match self.fetch(place, None).await? {
            (Fetched::New(object), Some(permit)) => Ok((object.bytes, permit)),
            _ => Err(absent(place)),
        }
    }

    /// Reads an object as soon as there is memory for it.
    async fn fetch(
        &self,
        place: &ObjectPlace,
        etag: Option<&str>,
    ) -> Result<(Fetched, Option<MemoryPermit>), ClaimError> {
        let mut bytes_max: usize = FIRST_READ_MAX_BYTES;
        loop {
            let permit = self.limits.memory(bytes_max).await;
            let permit =
                permit.ok_or_else(|| ClaimError::Retry("there is no room in memory for its object yet".into()))?;
            match self.objects.get_at_most(&place.0, &place.1, etag, bytes_max).await {
                // it is read again once there is memory for its real size
                Err(ObjectError::TooLarge { bytes, .. }) if bytes <= OBJECT_MAX_BYTES => {
                    bytes_max = bytes.max(2 * bytes_max).min(OBJECT_MAX_BYTES);
                }
                Err(ObjectError::TooLarge { bytes, .. }) => {
                    return Err(ClaimError::Rejected(format!(
                        "{}/{} has {bytes} bytes, and objects of claims may have {OBJECT_MAX_BYTES}; split it",
                        place.0, place.1
                    )));
                }
                Ok(Fetched::New(object)) => {
                    let permit = shrink(permit, object.bytes.len());
                    return Ok((Fetched::New(object), Some(permit)));
                }
                other => return Ok((other.map_err(not_read)?, None)),
            }
        }
    }

    /// The rows of these bytes, parsed on the blocking pool; `sha256` is the hash that the bytes must have.
    async fn parse(&self, bytes: Bytes, place: &ObjectPlace, sha256: &str) -> Result<Arc<ObjectRows>, ClaimError> {
        let (name, sha256) = (format!("{}/{}", place.0, place.1), sha256.to_owned());
        let _attempt = self.attempts.begin(&sha256, &name).await?;
        let max_gap_rows = self.max_gap_rows;
        let parsed = self.limits.compute(move || parse(bytes, &name, &sha256, max_gap_rows)).await;
        Ok(Arc::new(parsed.map_err(unread)??))
    }
}

fn parse(bytes: Bytes, name: &str, wanted: &str, max_gap_rows: usize) -> Result<ObjectRows, ClaimError> {
    let sha256 = sha256_hex(&bytes);
    if wanted != sha256 {
        // the hash of the object is not said: who sent the claim may not be allowed to read it
        return Err(ClaimError::Rejected(format!(
            "object {name} has another sha-256, but the claim says {wanted}; publish it again"
        )));
    }
    let refused = |cause: String| ClaimError::Rejected(format!("object {name} cannot be used: {cause}"));
    let (series, metadata) = if bytes.starts_with(PARQUET) {
        // bytes that only look like a Parquet file may make its reader panic
        let read = catch_unwind(AssertUnwindSafe(|| read_parquet(bytes)));
        read.map_err(|_| refused("the Parquet file is damaged".into()))?.map_err(|error| refused(error.to_string()))?
    } else if name.ends_with(".csv") {
        let series = read_csv(&bytes, name, max_gap_rows).map_err(|error| refused(error.to_string()))?;
        (series, BTreeMap::new())
    } else {
        return Err(refused("it is no Parquet file, and its name does not end in .csv".into()));
    };
    let imputed = imputed_rows(&metadata);
    let imputed = imputed.map_err(|error| refused(format!("its metadata `imputed`: {error}")))?;
    Ok(ObjectRows { sha256, series, imputed })
}

fn not_read(error: ObjectError) -> ClaimError {
    match error.should_hand_back() {
        true => ClaimError::Retry(error.to_string()),
        false => ClaimError::Rejected(error.to_string()),
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
