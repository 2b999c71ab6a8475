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

use super::limits::{Hands, Room, shrunk};
use super::recent::Recent;
use super::settings::Trouble;

/// The largest object that is read for a claim.
const CLAIM_OBJECT_MAX_BYTES: usize = 64 << 20;
/// What is read without its size being known: most objects are smaller.
const USUAL_MAX_BYTES: usize = 1 << 20;
/// Rows that are kept, in bytes.
const ROWS_MAX_BYTES: usize = 64 << 20;
/// Objects whose version is remembered, for claims that name no hash.
const VERSIONS_MAX: usize = 4096;
/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// A cell, and its share of what is kept beside it.
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

/// Bucket and key.
type Place = (String, String);

/// Reads objects and remembers their rows.
pub struct ClaimObjects {
    objects: ObjectStore,
    hands: Hands,
    max_gap_rows: usize,
    rows: Recent<(Place, String), Arc<ObjectRows>, Trouble>,
    /// By object: its ETag and the hash of its bytes, as they were last seen.
    versions: RefCell<HashMap<Place, (String, String)>>,
}

impl ClaimObjects {
    /// Nothing read yet; gaps of up to `max_gap_rows` in CSV files are imputed.
    pub fn new(objects: ObjectStore, hands: Hands, max_gap_rows: usize) -> Self {
        Self { objects, hands, max_gap_rows, rows: Recent::new(ROWS_MAX_BYTES), versions: RefCell::default() }
    }

    /// The rows that a claim names, and the room that they take up where they were read for it; hold it until they are answered.
    ///
    /// Bytes of another hash than the claim's are refused; where it names none, the store is asked each time whether they are still
    /// the same.
    pub async fn rows(&self, claim: &DataClaim) -> Result<(Arc<ObjectRows>, Option<Room>), Trouble> {
        let place = (claim.bucket.clone(), claim.object.clone());
        match &claim.sha256 {
            Some(sha256) => {
                let sha256 = sha256.to_ascii_lowercase();
                let key = (place.clone(), sha256.clone());
                let mut held = None;
                let make = async {
                    let (bytes, room) = self.read(&place).await?;
                    held = Some(room);
                    self.parse(bytes, &place, Some(&sha256)).await
                };
                let rows = self.rows.get(&key, make).await?;
                Ok((rows, held))
            }
            None => self.newest(place).await,
        }
    }

    /// Objects whose rows are kept, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        self.rows.size()
    }

    async fn newest(&self, place: Place) -> Result<(Arc<ObjectRows>, Option<Room>), Trouble> {
        let known = self.versions.borrow().get(&place).cloned();
        let etag = known.as_ref().map(|(etag, _)| etag.as_str());
        let (fetched, mut held) = self.fetch(&place, etag).await?;
        let (bytes, sha256) = match (fetched, known) {
            (Fetched::New(object), _) => {
                let bytes = object.bytes.clone();
                let sha256 = self.hands.run(move || sha256_hex(&bytes)).await.map_err(unread)?;
                self.remember(&place, object.etag, sha256.clone());
                (Some(object.bytes), sha256)
            }
            (Fetched::Unchanged, Some((_, sha256))) => (None, sha256),
            (Fetched::Unchanged, None) | (Fetched::Absent, _) => return Err(absent(&place)),
        };
        let key = (place.clone(), sha256);
        let make = async {
            let bytes = match bytes {
                Some(bytes) => bytes,
                // its rows were forgotten meanwhile
                None => {
                    let (bytes, room) = self.read(&place).await?;
                    held = Some(room);
                    bytes
                }
            };
            self.parse(bytes, &place, None).await
        };
        let rows = self.rows.get(&key, make).await?;
        Ok((rows, held))
    }

    fn remember(&self, place: &Place, etag: String, sha256: String) {
        let mut versions = self.versions.borrow_mut();
        if versions.len() >= VERSIONS_MAX {
            // each costs one read to find again
            versions.clear();
        }
        versions.insert(place.clone(), (etag, sha256));
    }

    async fn read(&self, place: &Place) -> Result<(Bytes, Room), Trouble> {
        match self.fetch(place, None).await? {
            (Fetched::New(object), Some(room)) => Ok((object.bytes, room)),
            _ => Err(absent(place)),
        }
    }

    /// Reads an object as soon as there is room for it.
    async fn fetch(&self, place: &Place, etag: Option<&str>) -> Result<(Fetched, Option<Room>), Trouble> {
        let mut bytes_max: usize = USUAL_MAX_BYTES;
        loop {
            let room = self.hands.room(bytes_max).await;
            let room = room.ok_or_else(|| Trouble::Later("there is no room in memory for its object yet".into()))?;
            match self.objects.get_at_most(&place.0, &place.1, etag, bytes_max).await {
                // it waits for the room that it takes
                Err(ObjectError::TooLarge { bytes, .. }) if bytes <= CLAIM_OBJECT_MAX_BYTES => {
                    bytes_max = bytes.max(2 * bytes_max).min(CLAIM_OBJECT_MAX_BYTES);
                }
                Err(ObjectError::TooLarge { bytes, .. }) => {
                    return Err(Trouble::Refused(format!(
                        "{}/{} has {bytes} bytes, and objects of claims may have {CLAIM_OBJECT_MAX_BYTES}; split it",
                        place.0, place.1
                    )));
                }
                Ok(Fetched::New(object)) => {
                    let room = shrunk(room, object.bytes.len());
                    return Ok((Fetched::New(object), Some(room)));
                }
                other => return Ok((other.map_err(trouble)?, None)),
            }
        }
    }

    /// The rows of these bytes and the memory that they take, made on a thread where that may take its time.
    async fn parse(
        &self,
        bytes: Bytes,
        place: &Place,
        wanted: Option<&str>,
    ) -> Result<(Arc<ObjectRows>, usize), Trouble> {
        let (name, wanted, max_gap_rows) =
            (format!("{}/{}", place.0, place.1), wanted.map(str::to_owned), self.max_gap_rows);
        let parsed = self.hands.run(move || parse(bytes, &name, wanted.as_deref(), max_gap_rows)).await;
        let rows = parsed.map_err(unread)??;
        let bytes = rows.series.rows() * (rows.series.columns.len() + 1) * CELL_BYTES;
        Ok((Arc::new(rows), bytes.max(1)))
    }
}

fn parse(bytes: Bytes, name: &str, wanted: Option<&str>, max_gap_rows: usize) -> Result<ObjectRows, Trouble> {
    let sha256 = sha256_hex(&bytes);
    if let Some(wanted) = wanted.filter(|wanted| *wanted != sha256) {
        return Err(Trouble::Refused(format!(
            "object {name} has sha-256 {sha256}, but the claim says {wanted}; publish it again"
        )));
    }
    let refused = |cause: String| Trouble::Refused(format!("object {name} cannot be used: {cause}"));
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

fn trouble(error: ObjectError) -> Trouble {
    match error.is_not_the_record() {
        true => Trouble::Later(error.to_string()),
        false => Trouble::Refused(error.to_string()),
    }
}

/// The node is stopping, or a reader panicked on these bytes.
fn unread(error: JoinError) -> Trouble {
    let cause = format!("the rows were not read: {error}");
    match error.is_panic() {
        true => Trouble::Refused(cause),
        false => Trouble::Later(cause),
    }
}

fn absent((bucket, key): &Place) -> Trouble {
    Trouble::Refused(format!("{bucket}/{key} is not in the object store; check that it was published to this store"))
}
