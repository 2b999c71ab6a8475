//! Leases on trainings: one object a piece of work, so that no two trainers of a store do the same work, and the count of attempts, so
//! that work which kills its process is not begun for ever. The object is only ever overwritten, by compare-and-set.
//!
//! * `record`: what the object says, and what follows from it; pure
//! * `keeper`: renews a lease while its holder works, and gives it back

mod keeper;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::forecast::{Family, Lineage};
use crate::runtime::Io;

use super::error::StorageError;
use super::objects::{Condition, ObjectStore, Put};
use super::records::json;
use super::{MLFLOW_BUCKET, now};
use keeper::Keeper;

pub use keeper::Lease;
pub use record::{ATTEMPT_LIMIT, Ending, Holder, LeaseRecord, Standing};

/// A version that nobody has asked about for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// How soon a lease that this very process holds may be free.
const OWN_LOOK: Duration = Duration::from_secs(1);

/// The leases of a store, as one process sees and holds them; cheap to clone.
#[derive(Clone)]
pub struct Leases {
    objects: ObjectStore,
    /// What leases are kept on.
    io: Io,
    me: Holder,
    ttl: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// What this process holds, or is about to.
    held: BTreeSet<String>,
    /// By key: a version of somebody else, and when it was first seen.
    versions: BTreeMap<String, (String, Instant)>,
}

/// What came of asking for a lease.
#[derive(Debug)]
pub enum Claimed {
    /// The work may begin.
    Taken(Lease),
    /// Somebody else does it.
    Held {
        /// Its node.
        by: String,
        /// When the lease is free at the latest, if nothing more is heard of its holder.
        left: Duration,
    },
}

impl Leases {
    /// The leases behind this client, which `me` takes for `ttl` at a time and keeps on `io`.
    pub fn new(objects: ObjectStore, io: Io, me: Holder, ttl: Duration) -> Self {
        Self { objects, io, me, ttl, seen: Arc::default() }
    }

    /// How long this work is somebody's, as far as one look can say; nothing where it is free.
    pub async fn held_for(&self, family: Family, lineage: &Lineage) -> Result<Option<Duration>, StorageError> {
        let key = key(family, lineage);
        if self.seen().held.contains(&key) {
            // a thread that was left behind gives it back as soon as it hears of that
            return Ok(Some(self.ttl.min(OWN_LOOK)));
        }
        let Some(object) = self.objects.get(MLFLOW_BUCKET, &key).await? else { return Ok(None) };
        let record = parse(&object.bytes).unwrap_or_else(|| self.unreadable());
        Ok(match record.standing(&self.me, self.unchanged_for(&key, &object.etag)) {
            Standing::Held(left) => Some(left),
            Standing::Free | Standing::Abandoned => None,
        })
    }

    /// Takes the lease of this work if nobody holds it.
    ///
    /// After an outage nobody knows whether it was taken; the next attempt finds out, and it counts as one.
    pub async fn acquire(&self, family: Family, lineage: &Lineage) -> Result<Claimed, StorageError> {
        let key = key(family, lineage);
        let Some(reservation) = Reservation::of(&self.seen, &key) else {
            return Ok(Claimed::Held { by: self.me.node.clone(), left: self.ttl });
        };
        loop {
            let there = self.objects.get(MLFLOW_BUCKET, &key).await?;
            let before = there.as_ref().map(|object| parse(&object.bytes).unwrap_or_else(|| self.unreadable()));
            let mut taken_from = None;
            if let (Some(before), Some(object)) = (&before, &there) {
                let by = || before.holder.as_ref().map(|holder| holder.node.clone()).unwrap_or_default();
                match before.standing(&self.me, self.unchanged_for(&key, &object.etag)) {
                    Standing::Held(left) => return Ok(Claimed::Held { by: by(), left }),
                    Standing::Abandoned => taken_from = Some(by()),
                    Standing::Free => {}
                }
            }
            let record = LeaseRecord::taken(before.as_ref(), &self.me, self.ttl);
            let condition = there.as_ref().map_or(Condition::IfAbsent, |object| Condition::IfMatch(&object.etag));
            match self.objects.put(MLFLOW_BUCKET, &key, to_json(&record).into(), condition).await? {
                Put::Done { etag } => {
                    fail::fail_point!("lease-taken");
                    self.seen().versions.remove(&key);
                    let (lease, keeper) = Keeper::of(self.objects.clone(), reservation, record, etag, taken_from);
                    self.io.spawn(keeper.run());
                    return Ok(Claimed::Taken(lease));
                }
                // whoever was quicker is seen at the next look
                Put::Lost => continue,
            }
        }
    }

    /// How long this version has been seen.
    fn unchanged_for(&self, key: &str, etag: &str) -> Duration {
        let now = Instant::now();
        let versions = &mut self.seen().versions;
        versions.retain(|_, (_, first)| now.duration_since(*first) < FORGOTTEN_AFTER);
        match versions.get(key) {
            Some((seen, first)) if seen == etag => now.duration_since(*first),
            _ => {
                versions.insert(key.to_owned(), (etag.to_owned(), now));
                Duration::ZERO
            }
        }
    }

    /// An object that is no lease is waited out like one of somebody who is silent.
    fn unreadable(&self) -> LeaseRecord {
        let nobody = Holder { node: "unreadable".into(), life: String::new() };
        LeaseRecord { attempts: 0, ..LeaseRecord::taken(None, &nobody, self.ttl) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

/// The place of a key among those that this process holds.
struct Reservation {
    key: String,
    seen: Arc<Mutex<Seen>>,
}

impl Reservation {
    fn of(seen: &Arc<Mutex<Seen>>, key: &str) -> Option<Reservation> {
        let is_free = lock(seen).held.insert(key.to_owned());
        is_free.then(|| Reservation { key: key.to_owned(), seen: seen.clone() })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        lock(&self.seen).held.remove(&self.key);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn to_json(record: &LeaseRecord) -> Vec<u8> {
    json(&LeaseRecord { written_at: now(), ..record.clone() })
}

fn parse(bytes: &[u8]) -> Option<LeaseRecord> {
    serde_json::from_slice(bytes).ok()
}

fn key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("leases/{identifier}/{dataset_id}/{family}/{train_hash}.json")
}
