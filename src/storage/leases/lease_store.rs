//! The leases of a store: one object for each training, overwritten by compare-and-set alone, so that no two trainers do the same work.
//! The object also counts attempts, so that work which kills its process is not tried for ever.

use std::time::Duration;

use crate::forecast::{Family, Lineage};
use crate::runtime::Io;
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Condition, ObjectStore, Put};
use crate::storage::records::{Replaceable, read_replaceable};

use super::object::{lease_key, parse, to_json};
use super::process_leases::ProcessLeases;
use super::record::{LeaseAvailability, LeaseOwner, LeaseRecord};
use super::renewal::{Lease, LeaseRenewal};

/// When to look again at a lease that this process holds.
const OWN_LEASE_LOOK: Duration = Duration::from_secs(1);

/// Attempts to acquire a lease that other processes acquire at the same time.
const RACES: u32 = 4;

/// The pause after each lost race.
const RACE_PAUSE: Duration = Duration::from_millis(50);

/// The leases of a store, and those that this process holds; cheap to clone.
#[derive(Clone)]
pub struct Leases {
    objects: ObjectStore,
    /// Runs the tasks that renew leases.
    io: Io,
    me: LeaseOwner,
    ttl: Duration,
    process: ProcessLeases,
}

/// Whether a worker holds the lease of a training, at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStatus {
    /// The lease is free.
    Free,
    /// The lease is held; look again after this time.
    Held(Duration),
    /// The lease is free, and the files of the run must not be repaired again.
    BeyondRepair,
}

/// The outcome of an attempt to acquire a lease.
#[derive(Debug)]
pub enum AcquireOutcome {
    /// This process holds the lease: the work may begin.
    Acquired(Lease),
    /// Another worker holds the lease.
    Held {
        /// The node that holds it.
        by: String,
        /// How long until the lease is free if its owner stays silent while the store answers.
        left: Duration,
        /// When to ask again: only looks that the store answers count.
        ask_again: Duration,
    },
}

impl Leases {
    /// The leases in this store. `me` acquires them for `ttl` at a time, and tasks on `io` renew them.
    pub fn new(objects: ObjectStore, io: Io, me: LeaseOwner, ttl: Duration) -> Self {
        Self { objects, io, me, ttl, process: ProcessLeases::default() }
    }

    /// The owner of the leases of this process.
    pub fn owner(&self) -> &LeaseOwner {
        &self.me
    }

    /// Whether a worker holds the lease of this training, as far as one look can say.
    pub async fn look(&self, family: Family, lineage: &Lineage) -> Result<LeaseStatus, StorageError> {
        let key = lease_key(family, lineage);
        if self.process.holds(&key) {
            // a thread that was abandoned releases its lease as soon as it notices that
            return Ok(LeaseStatus::Held(self.ttl.min(OWN_LEASE_LOOK)));
        }
        let Some(object) = read_replaceable(&self.objects, MLFLOW_BUCKET, &key).await? else {
            return Ok(LeaseStatus::Free);
        };
        let record = self.record_in(&object);
        Ok(match record.availability(&self.me, self.unchanged_for(&key, &object.etag, &record)) {
            LeaseAvailability::Held(left) => LeaseStatus::Held(left.min(record.period())),
            LeaseAvailability::Free | LeaseAvailability::Abandoned if record.beyond_repair => LeaseStatus::BeyondRepair,
            LeaseAvailability::Free | LeaseAvailability::Abandoned => LeaseStatus::Free,
        })
    }

    /// Releases every lease that this process holds, and waits for that at most `within`; for a process that ends before its work.
    pub async fn give_back_all(&self, within: Duration) {
        // a lease that is not released in time counts as an attempt
        let _ = tokio::time::timeout(within, self.process.release_all()).await;
    }

    /// Acquires the lease of this training if it is available.
    ///
    /// After an outage it is unknown whether the lease was acquired; the next call finds out, and both count as one attempt.
    pub async fn acquire(&self, family: Family, lineage: &Lineage) -> Result<AcquireOutcome, StorageError> {
        let key = lease_key(family, lineage);
        let Some(reservation) = self.process.reserve(&key) else {
            return Ok(self.held_for_now(self.me.node.clone()));
        };
        for _ in 0..RACES {
            let object = read_replaceable(&self.objects, MLFLOW_BUCKET, &key).await?;
            let before = object.as_ref().map(|object| self.record_in(object));
            let mut taken_from = None;
            if let (Some(before), Some(object)) = (&before, &object) {
                let by = || before.holder.as_ref().map(|holder| holder.node.clone()).unwrap_or_default();
                match before.availability(&self.me, self.unchanged_for(&key, &object.etag, before)) {
                    LeaseAvailability::Held(left) => {
                        return Ok(AcquireOutcome::Held { by: by(), left, ask_again: left.min(before.period()) });
                    }
                    LeaseAvailability::Abandoned => taken_from = Some(by()),
                    LeaseAvailability::Free => {}
                }
            }
            let record = LeaseRecord::acquired(before.as_ref(), &self.me, self.ttl);
            let condition = object.as_ref().map_or(Condition::IfAbsent, |object| Condition::IfMatch(&object.etag));
            match self.objects.put(MLFLOW_BUCKET, &key, to_json(&record).into(), condition).await? {
                Put::Done { etag } => {
                    fail::fail_point!("lease-taken");
                    let objects = self.objects.clone();
                    let (lease, renewal) = LeaseRenewal::new(objects, reservation, record, etag, taken_from);
                    self.process.acquired(key, lease.weak_commands());
                    self.io.spawn(renewal.run());
                    return Ok(AcquireOutcome::Acquired(lease));
                }
                // the next look shows the owner who was quicker
                Put::Lost => tokio::time::sleep(RACE_PAUSE).await,
            }
        }
        Ok(self.held_for_now("another trainer".into()))
    }

    fn held_for_now(&self, by: String) -> AcquireOutcome {
        AcquireOutcome::Held { by, left: self.ttl, ask_again: self.ttl.min(OWN_LEASE_LOOK) }
    }

    fn unchanged_for(&self, key: &str, etag: &str, record: &LeaseRecord) -> Duration {
        self.process.unchanged_for(key, etag, record, self.ttl)
    }

    fn record_in(&self, object: &Replaceable) -> LeaseRecord {
        let parsed = object.bytes.as_ref().ok().and_then(|bytes| parse(bytes));
        parsed.unwrap_or_else(|| self.unreadable())
    }

    /// Stands for an object that is not a lease; it expires like the lease of a silent owner.
    fn unreadable(&self) -> LeaseRecord {
        let owner = LeaseOwner { node: "unreadable".into(), life: String::new() };
        LeaseRecord { attempts: 0, ..LeaseRecord::acquired(None, &owner, self.ttl) }
    }
}
