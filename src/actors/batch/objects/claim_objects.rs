//! The rows behind claims: read once, checked against their hash, kept for the claims that name them again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::task::JoinError;

use crate::actors::batch::attempts::Attempts;
use crate::actors::batch::claim_error::ClaimError;
use crate::actors::batch::limits::{ClaimLimits, ClaimMemory, KeptMemory};
use crate::actors::batch::recent_values::RecentValues;
use crate::forecast::{ReadOptions, sha256_hex};
use crate::kafka::DataClaim;
use crate::limits::CLAIM_OBJECT;
use crate::storage::{Fetched, ObjectError, ObjectStore};

use super::object_rows::{ObjectRows, judge, parse, work_bytes};

/// The part of the kept memory that rows take, in thirds.
const ROWS_THIRDS: usize = 2;
/// Objects whose version is remembered, for claims that name no hash.
const VERSIONS_MAX: usize = 4096;
/// Bytes of memory that are reserved for the first read; a larger object is read again with its real size.
const FIRST_READ_BYTES: usize = 1 << 20;

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
    _kept: KeptMemory,
    /// By object and hash of its bytes.
    rows: RecentValues<(ObjectPlace, String), Arc<ObjectRows>, ClaimError>,
    versions: RefCell<HashMap<ObjectPlace, Version>>,
    /// Objects that claims without a hash look at just now: one at a time looks, so that the others wait without memory.
    looks: RefCell<HashMap<ObjectPlace, Weak<Mutex<()>>>>,
}

impl ClaimObjects {
    /// Nothing read yet; files are read by these options.
    pub fn new(objects: ObjectStore, limits: ClaimLimits, attempts: Attempts, options: ReadOptions) -> Self {
        let kept = limits.keep(ROWS_THIRDS);
        let rows = RecentValues::new(kept.bytes, |rows: &Arc<ObjectRows>| rows.bytes());
        let (versions, looks) = (RefCell::default(), RefCell::default());
        Self { objects, limits, attempts, options: Arc::new(options), _kept: kept, rows, versions, looks }
    }

    /// The rows that a claim names, and the memory of the work on them if they were read for it; hold it until they are answered.
    ///
    /// Bytes of another hash than the claim's are refused. Where the claim names none, the store is asked each time whether the object
    /// is still the same.
    pub async fn rows(&self, claim: &DataClaim) -> Result<(Arc<ObjectRows>, Option<ClaimMemory>), ClaimError> {
        let place = (claim.bucket.clone(), claim.object.clone());
        match &claim.sha256 {
            Some(sha256) => self.version(place, sha256.clone()).await,
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
            let (rows, held) = self.parse(judged, &place).await?;
            memory = Some(held);
            Ok(rows)
        };
        let rows = self.rows.get((place.clone(), sha256.clone()), make).await?;
        Ok((rows, memory))
    }

    async fn newest(&self, place: ObjectPlace) -> Result<(Arc<ObjectRows>, Option<ClaimMemory>), ClaimError> {
        let look = self.look(&place);
        let _look = look.lock().await;
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
            let (rows, held) = self.parse(judged, &place).await?;
            memory = Some(held);
            Ok(rows)
        };
        let rows = self.rows.get((place.clone(), sha256), make).await?;
        Ok((rows, memory))
    }

    fn look(&self, place: &ObjectPlace) -> Arc<Mutex<()>> {
        let mut looks = self.looks.borrow_mut();
        if let Some(look) = looks.get(place).and_then(Weak::upgrade) {
            return look;
        }
        looks.retain(|_, look| look.strong_count() > 0);
        let look = Arc::default();
        looks.insert(place.clone(), Arc::downgrade(&look));
        look
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
            let memory = self.limits.memory(wanted).await?;
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
            let (name, options) = (name_of(place), self.options.clone());
            let hashed = bytes.clone();
            let (found, memory) = self.limits.compute(memory, move || sha256_hex(&hashed)).await.map_err(unread)?;
            check_hash(&name, sha256, &found)?;
            // whatever is parsed is in the journal before
            let attempt = self.attempts.begin(&found, &name).await?;
            let judged = bytes.clone();
            let (shape, (mut memory, _attempt)) = self
                .limits
                .compute((memory, attempt), move || judge(&judged, &name, &options))
                .await
                .map_err(unread)?;
            let (shape, sha256) = (shape?, found);
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

    /// The rows of an object, parsed on the blocking pool, and the memory of the work on them.
    async fn parse(
        &self,
        object: JudgedObject,
        place: &ObjectPlace,
    ) -> Result<(Arc<ObjectRows>, ClaimMemory), ClaimError> {
        let JudgedObject { bytes, sha256, memory, .. } = object;
        let (name, options) = (name_of(place), self.options.clone());
        let attempt = self.attempts.begin(&sha256, &name).await?;
        let parsed = self.limits.compute((memory, attempt), move || parse(bytes, &name, sha256, &options)).await;
        let (rows, (memory, _attempt)) = parsed.map_err(unread)?;
        Ok((Arc::new(rows?), memory))
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

/// Refuses an object of another hash than the claim says, before anything of it is parsed.
fn check_hash(name: &str, wanted: Option<&str>, found: &str) -> Result<(), ClaimError> {
    match wanted.filter(|wanted| *wanted != found) {
        None => Ok(()),
        Some(wanted) => Err(ClaimError::rejected(format!(
            "object {name} has another sha-256, but the claim says {wanted}; publish it again"
        ))),
    }
}

fn name_of((bucket, key): &ObjectPlace) -> String {
    format!("{bucket}/{key}")
}

fn not_read(error: ObjectError) -> ClaimError {
    match error {
        ObjectError::OverLimit { .. } => ClaimError::rejected_for_good(error.to_string()),
        error if error.should_hand_back() => ClaimError::Retry(error.to_string()),
        error => ClaimError::rejected(error.to_string()),
    }
}

/// A parser that panicked did so over these bytes; one that was cancelled did so because the node is stopping.
fn unread(error: JoinError) -> ClaimError {
    let cause = format!("the rows were not read: {error}");
    match error.is_panic() {
        true => ClaimError::rejected(cause),
        false => ClaimError::Retry(cause),
    }
}

fn absent((bucket, key): &ObjectPlace) -> ClaimError {
    ClaimError::rejected(format!(
        "{bucket}/{key} is not in the object store; check that it was published to this store"
    ))
}
