//! Leases on trainings: one object a piece of work, so that no two trainers of a store do the same work, and the count of attempts, so
//! that work which kills its process is not begun for ever. The object is only ever overwritten, by compare-and-set.
//!
//! * `record`: what the object says, and what follows from it; pure
//! * `keeper`: renews a lease while its holder works, and gives it back

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};

use crate::forecast::{Family, Lineage};
use crate::runtime::Io;
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Condition, ObjectStore, Put};
use crate::storage::records::json;
use crate::storage::timestamp::now;

use super::record::{Ending, LeaseAvailability, LeaseOwner, LeaseRecord};
use super::renewal::{Lease, LeaseRenewal, Word};

/// A version that nobody has asked about for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// How soon a lease that this very process holds may be free.
const OWN_LOOK: Duration = Duration::from_secs(1);

/// How often a lease that somebody else was quicker with is asked for.
const RACES: u32 = 4;

/// Pause after each.
const RACE_PAUSE: Duration = Duration::from_millis(50);

/// The leases of a store, as one process sees and holds them; cheap to clone.
#[derive(Clone)]
pub struct Leases {
    objects: ObjectStore,
    /// What leases are kept on.
    io: Io,
    me: LeaseOwner,
    ttl: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// What this process holds, with a word to its keeper, or is about to.
    held: BTreeMap<String, Option<mpsc::WeakUnboundedSender<Word>>>,
    /// By key: a version of somebody else.
    versions: BTreeMap<String, Sighting>,
    /// Hears of every lease that is held no more.
    freed: watch::Sender<()>,
}

/// A version of a lease as this process has seen it.
#[derive(Debug)]
struct Sighting {
    etag: String,
    unchanged_for: Duration,
    looked_at: Instant,
}

/// How work stands to one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStatus {
    /// Nobody does it.
    Free,
    /// Somebody does it; when it is worth another look.
    Held(Duration),
    /// Nobody does it, and its files are not to be tried again.
    BeyondRepair,
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
        /// When the lease is free, if nothing more is heard of its holder while the store answers.
        left: Duration,
        /// When to ask again, for only answered looks count.
        ask_again: Duration,
    },
}

impl Leases {
    /// The leases behind this client, which `me` takes for `ttl` at a time and keeps on `io`.
    pub fn new(objects: ObjectStore, io: Io, me: LeaseOwner, ttl: Duration) -> Self {
        Self { objects, io, me, ttl, seen: Arc::default() }
    }

    /// Whether this work is somebody's, as far as one look can say.
    pub async fn look(&self, family: Family, lineage: &Lineage) -> Result<LeaseStatus, StorageError> {
        let key = key(family, lineage);
        if self.seen().held.contains_key(&key) {
            // a thread that was left behind gives it back as soon as it hears of that
            return Ok(LeaseStatus::Held(self.ttl.min(OWN_LOOK)));
        }
        let Some(object) = self.objects.get(MLFLOW_BUCKET, &key).await? else { return Ok(LeaseStatus::Free) };
        let record = parse(&object.bytes).unwrap_or_else(|| self.unreadable());
        Ok(match record.standing(&self.me, self.unchanged_for(&key, &object.etag, &record)) {
            LeaseAvailability::Held(left) => LeaseStatus::Held(left.min(record.period())),
            LeaseAvailability::Free | LeaseAvailability::Abandoned if record.beyond_repair => LeaseStatus::BeyondRepair,
            LeaseAvailability::Free | LeaseAvailability::Abandoned => LeaseStatus::Free,
        })
    }

    /// Gives back in order whatever this process still holds, and waits so long for that; for a process that ends before its work does.
    pub async fn give_back_all(&self, within: Duration) {
        let mut freed = {
            let seen = self.seen();
            for keeper in seen.held.values().flatten().filter_map(mpsc::WeakUnboundedSender::upgrade) {
                // a keeper that is gone has given it back
                let _ = keeper.send(Word::End(Ending::Orderly));
            }
            seen.freed.subscribe()
        };
        let all_freed = async { while !self.seen().held.is_empty() && freed.changed().await.is_ok() {} };
        // what is late counts as an attempt
        let _ = tokio::time::timeout(within, all_freed).await;
    }

    /// Takes the lease of this work if nobody holds it.
    ///
    /// After an outage nobody knows whether it was taken; the next attempt finds out, and it counts as one.
    pub async fn acquire(&self, family: Family, lineage: &Lineage) -> Result<Claimed, StorageError> {
        let key = key(family, lineage);
        let Some(reservation) = Reservation::of(&self.seen, &key) else {
            return Ok(Claimed::Held { by: self.me.node.clone(), left: self.ttl, ask_again: self.ttl.min(OWN_LOOK) });
        };
        for _ in 0..RACES {
            let there = self.objects.get(MLFLOW_BUCKET, &key).await?;
            let before = there.as_ref().map(|object| parse(&object.bytes).unwrap_or_else(|| self.unreadable()));
            let mut taken_from = None;
            if let (Some(before), Some(object)) = (&before, &there) {
                let by = || before.holder.as_ref().map(|holder| holder.node.clone()).unwrap_or_default();
                match before.standing(&self.me, self.unchanged_for(&key, &object.etag, before)) {
                    LeaseAvailability::Held(left) => {
                        return Ok(Claimed::Held { by: by(), left, ask_again: left.min(before.period()) });
                    }
                    LeaseAvailability::Abandoned => taken_from = Some(by()),
                    LeaseAvailability::Free => {}
                }
            }
            let record = LeaseRecord::taken(before.as_ref(), &self.me, self.ttl);
            let condition = there.as_ref().map_or(Condition::IfAbsent, |object| Condition::IfMatch(&object.etag));
            match self.objects.put(MLFLOW_BUCKET, &key, to_json(&record).into(), condition).await? {
                Put::Done { etag } => {
                    fail::fail_point!("lease-taken");
                    let (lease, keeper) = LeaseRenewal::of(self.objects.clone(), reservation, record, etag, taken_from);
                    let mut seen = self.seen();
                    seen.versions.remove(&key);
                    seen.held.insert(key, Some(lease.a_word()));
                    drop(seen);
                    self.io.spawn(keeper.run());
                    return Ok(Claimed::Taken(lease));
                }
                // whoever was quicker is seen at the next look
                Put::Lost => tokio::time::sleep(RACE_PAUSE).await,
            }
        }
        Ok(Claimed::Held { by: "whoever is quicker".into(), left: self.ttl, ask_again: self.ttl.min(OWN_LOOK) })
    }

    /// How long this version has been seen, the store answering.
    fn unchanged_for(&self, key: &str, etag: &str, record: &LeaseRecord) -> Duration {
        let looked_at = Instant::now();
        let forgotten_after = FORGOTTEN_AFTER.max(self.ttl);
        let mut seen = self.seen();
        seen.versions.retain(|_, seen| looked_at.duration_since(seen.looked_at) < forgotten_after);
        let known = seen.versions.get(key).filter(|known| known.etag == etag);
        let unchanged_for = known.map_or(Duration::ZERO, |known| {
            record.seen_again(known.unchanged_for, looked_at.duration_since(known.looked_at))
        });
        seen.versions.insert(key.to_owned(), Sighting { etag: etag.to_owned(), unchanged_for, looked_at });
        unchanged_for
    }

    /// An object that is no lease is waited out like one of somebody who is silent.
    fn unreadable(&self) -> LeaseRecord {
        let nobody = LeaseOwner { node: "unreadable".into(), life: String::new() };
        LeaseRecord { attempts: 0, ..LeaseRecord::taken(None, &nobody, self.ttl) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

/// The place of a key among those that this process holds.
pub struct Reservation {
    pub(super) key: String,
    seen: Arc<Mutex<Seen>>,
}

impl Reservation {
    fn of(seen: &Arc<Mutex<Seen>>, key: &str) -> Option<Reservation> {
        let mut known = lock(seen);
        if known.held.contains_key(key) {
            return None;
        }
        known.held.insert(key.to_owned(), None);
        Some(Reservation { key: key.to_owned(), seen: seen.clone() })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut seen = lock(&self.seen);
        seen.held.remove(&self.key);
        seen.freed.send_replace(());
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock()
}

pub fn to_json(record: &LeaseRecord) -> Vec<u8> {
    json(&LeaseRecord { written_at: now(), ..record.clone() })
}

pub fn parse(bytes: &[u8]) -> Option<LeaseRecord> {
    serde_json::from_slice(bytes).ok()
}

fn key(family: Family, lineage: &Lineage) -> String {
    let Lineage { identifier, dataset_id, train_hash, .. } = lineage;
    format!("leases/{identifier}/{dataset_id}/{family}/{train_hash}.json")
}
