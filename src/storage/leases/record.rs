//! The record of a lease, pure: what its object says, who may acquire the lease, and what the next version of it says.
//!
//! Time is how long an observer has seen the same version, on the observer's own clock; clocks of other machines are not trusted. The time
//! between two looks counts as a third of the ttl at most: while the store does not answer, no owner can renew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many attempts may end with the death of the process or in a panic before the work is given up.
pub const ATTEMPT_LIMIT: u32 = 3;

pub(in crate::storage) const VERSION: u32 = 1;

/// The owner of a lease.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LeaseOwner {
    /// The name of the node, which runs once at a time.
    pub node: String,
    /// The id of the process, another one after every start of the node.
    pub life: String,
}

/// What the object of a lease says. It is written by compare-and-set alone, and no two versions of it are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Version of this record.
    pub v: u32,
    /// The number of acquisitions so far.
    pub epoch: u64,
    /// The owner; none after a release.
    pub holder: Option<LeaseOwner>,
    /// Attempts since the last orderly end or the last progress, the current one included.
    pub attempts: u32,
    /// The highest step of which a checkpoint was stored.
    pub progress: usize,
    /// The number of renewals in this epoch.
    pub renewals: u64,
    /// How long a version is valid, in milliseconds.
    pub ttl_ms: u64,
    /// Whether every attempt to repair the files of the run failed, so that no further one is made.
    #[serde(default)]
    pub beyond_repair: bool,
    /// When this version was written, RFC 3339; for people who look into the bucket only.
    pub written_at: String,
}

/// Whether an observer may acquire a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAvailability {
    /// The lease has no owner.
    Free,
    /// The owner is dead, or has been silent for the whole ttl.
    Abandoned,
    /// The lease has an owner, for this much longer if the owner stays silent.
    Held(Duration),
}

/// How the work under a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// In order: the work is finished, failed for good, or was handed back.
    Orderly,
    /// In a panic: the attempt counts.
    Broken,
}

impl LeaseRecord {
    /// Whether `me` may acquire the lease, after seeing this version unchanged for so long. `me` does not hold it at the moment.
    pub fn availability(&self, me: &LeaseOwner, unchanged_for: Duration) -> LeaseAvailability {
        let Some(holder) = &self.holder else { return LeaseAvailability::Free };
        // left by an earlier process of this node, or by a write of this process whose answer was lost
        if holder.node == me.node {
            return LeaseAvailability::Abandoned;
        }
        match self.ttl().checked_sub(unchanged_for).filter(|left| !left.is_zero()) {
            Some(left) => LeaseAvailability::Held(left),
            None => LeaseAvailability::Abandoned,
        }
    }

    /// How long a version is valid.
    pub fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }

    /// The interval at which the owner renews and others look: a third of the ttl.
    pub fn period(&self) -> Duration {
        self.ttl() / 3
    }

    /// How long an observer has seen this version unchanged: `unchanged_for` at its last look, and the time since then.
    pub fn seen_again(&self, unchanged_for: Duration, since_last_look: Duration) -> Duration {
        unchanged_for.saturating_add(since_last_look.min(self.period()))
    }

    /// The version with which `me` acquires the lease, in place of the version `before`.
    pub fn acquired(before: Option<&LeaseRecord>, me: &LeaseOwner, ttl: Duration) -> LeaseRecord {
        let attempts = before.map_or(0, |before| before.attempts);
        // this process wrote `before`, and the answer was lost: no work has begun under it
        let is_counted = before.is_some_and(|before| before.holder.as_ref() == Some(me));
        LeaseRecord {
            v: VERSION,
            epoch: before.map_or(0, |before| before.epoch) + 1,
            holder: Some(me.clone()),
            attempts: if is_counted { attempts } else { attempts.saturating_add(1) },
            progress: before.map_or(0, |before| before.progress),
            renewals: 0,
            ttl_ms: ttl.as_millis() as u64,
            beyond_repair: before.is_some_and(|before| before.beyond_repair),
            written_at: String::new(),
        }
    }

    /// The version with which the owner renews the lease.
    pub fn renewed(&self) -> LeaseRecord {
        LeaseRecord { renewals: self.renewals + 1, ..self.clone() }
    }

    /// The version after a checkpoint of this step; a higher step than before is progress, and earlier attempts count no more.
    pub fn with_checkpoint(&self, step: usize) -> LeaseRecord {
        if step <= self.progress {
            return self.clone();
        }
        LeaseRecord { progress: step, attempts: self.attempts.min(1), ..self.clone() }
    }

    /// The version with which the owner releases the lease.
    pub fn released(&self, ending: Ending) -> LeaseRecord {
        let attempts = match ending {
            Ending::Orderly => 0,
            Ending::Broken => self.attempts,
        };
        LeaseRecord { holder: None, attempts, ..self.clone() }
    }

    /// Whether the owner of `mine` wrote this version in the same epoch.
    pub fn is_of(&self, mine: &LeaseRecord) -> bool {
        self.epoch == mine.epoch && self.holder == mine.holder
    }

    /// Whether the limit was reached before the current attempt, which has not begun to work.
    pub fn is_spent(&self) -> bool {
        self.attempts > ATTEMPT_LIMIT
    }
}
