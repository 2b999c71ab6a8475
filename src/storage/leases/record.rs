//! The lease of a training, pure: what its object says, who may take it, and what the next version of it says.
//!
//! Time is how long an observer has seen the same version, on its own clock; no clock of another machine is believed. A stretch between
//! two looks counts a third of the time of a lease at most: while the store answers nobody, no holder can renew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Attempts that may end with the process or in a panic; work that has used them up is given up.
pub const ATTEMPT_LIMIT: u32 = 3;

const VERSION: u32 = 1;

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LeaseOwner {
    /// The node, which never runs twice at once.
    pub node: String,
    /// The process, different after every start of the node.
    pub life: String,
}

/// What the object of a lease says. It is written by compare-and-set alone, and no two versions of it are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Version of this record.
    pub v: u32,
    /// Grows with every acquisition.
    pub epoch: u64,
    /// Nobody, once it was given back.
    pub holder: Option<LeaseOwner>,
    /// Attempts since the last orderly end, or the last progress, the current one included.
    pub attempts: u32,
    /// The furthest step that a checkpoint was kept at.
    pub progress: usize,
    /// How often it was renewed in this epoch.
    pub renewals: u64,
    /// How long a version of it counts.
    pub ttl_ms: u64,
    /// Every attempt to bring back the files of its run ended badly: it is not tried again.
    #[serde(default)]
    pub beyond_repair: bool,
    /// When this version was written, for people who look into the bucket; nothing follows from it.
    pub written_at: String,
}

/// How a lease stands to an observer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAvailability {
    /// Nobody holds it.
    Free,
    /// Whoever holds it is dead, or has been silent for its whole time.
    Abandoned,
    /// Somebody holds it, for so much longer if nothing more is heard of it.
    Held(Duration),
}

/// How the work under a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// In order: it is finished, failed for good, or handed back.
    Orderly,
    /// In a panic: the attempt counts.
    Broken,
}

impl LeaseRecord {
    /// How this version stands to `me`, who has seen it unchanged for so long and does not hold it just now.
    pub fn standing(&self, me: &LeaseOwner, unchanged_for: Duration) -> LeaseAvailability {
        let Some(holder) = &self.holder else { return LeaseAvailability::Free };
        // a node runs once at a time: what it does not hold now, an earlier life of it left, or a write whose answer was lost
        if holder.node == me.node {
            return LeaseAvailability::Abandoned;
        }
        match self.ttl().checked_sub(unchanged_for).filter(|left| !left.is_zero()) {
            Some(left) => LeaseAvailability::Held(left),
            None => LeaseAvailability::Abandoned,
        }
    }

    /// How long it counts.
    pub fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }

    /// How often its holder renews it, and others look at it: three times in its time.
    pub fn period(&self) -> Duration {
        self.ttl() / 3
    }

    /// For how long an observer has seen this version who had seen it for `unchanged_for` at its last look, so long ago.
    pub fn seen_again(&self, unchanged_for: Duration, since_last_look: Duration) -> Duration {
        unchanged_for.saturating_add(since_last_look.min(self.period()))
    }

    /// The version with which `me` takes the lease, over the one before it.
    pub fn taken(before: Option<&LeaseRecord>, me: &LeaseOwner, ttl: Duration) -> LeaseRecord {
        let attempts = before.map_or(0, |before| before.attempts);
        // a write of this very process whose answer was lost: no work has begun under it
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

    /// The version that says that the holder is still there.
    pub fn renewed(&self) -> LeaseRecord {
        LeaseRecord { renewals: self.renewals + 1, ..self.clone() }
    }

    /// The same after a checkpoint: one beyond all earlier ones is progress, and earlier attempts count no more.
    pub fn kept(&self, step: usize) -> LeaseRecord {
        if step <= self.progress {
            return self.clone();
        }
        LeaseRecord { progress: step, attempts: self.attempts.min(1), ..self.clone() }
    }

    /// The version with which the holder gives it back.
    pub fn released(&self, ending: Ending) -> LeaseRecord {
        let attempts = match ending {
            Ending::Orderly => 0,
            Ending::Broken => self.attempts,
        };
        LeaseRecord { holder: None, attempts, ..self.clone() }
    }

    /// Whether this is a version that the holder of `mine` wrote in the same epoch.
    pub fn is_of(&self, mine: &LeaseRecord) -> bool {
        self.epoch == mine.epoch && self.holder == mine.holder
    }

    /// Whether all attempts before this one, which has not begun to work, are used up.
    pub fn is_spent(&self) -> bool {
        self.attempts > ATTEMPT_LIMIT
    }
}
