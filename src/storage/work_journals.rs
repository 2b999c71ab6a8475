//! What each process that answers claims works on, one small object a process: what a process died over is found there by the next one.

use serde::{Deserialize, Serialize};

use super::buckets::MLFLOW_BUCKET;
use super::error::StorageError;
use super::leases::LeaseOwner;
use super::objects::{Condition, Fetched, ObjectStore};
use super::records::json;
use super::timestamp::now;

pub(super) const PREFIX: &str = "claims-in-work/";
const VERSION: u32 = 1;
/// A journal is small: its owner bounds what is in work.
const BYTES_MAX: usize = 1 << 20;

/// What one process works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkJournal {
    /// Version of this record.
    pub v: u32,
    /// The process.
    pub owner: LeaseOwner,
    /// When it was written, for people.
    pub written_at: String,
    /// A number that differs each time, so that who looks twice sees that the process lives.
    pub beat: u64,
    /// What is in work.
    pub works: Vec<WorkInHand>,
}

/// The object of a claim that a process works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkInHand {
    /// SHA-256 of the object's bytes.
    pub sha256: String,
    /// Bucket and key, for people.
    pub object: String,
}

/// A journal in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The id of the process.
    pub life: String,
    /// Its version.
    pub etag: String,
}

/// The journals of a store; this process writes its own.
#[derive(Debug, Clone)]
pub struct WorkJournals {
    objects: ObjectStore,
    me: LeaseOwner,
}

impl WorkJournals {
    /// The journals in this store, as process `me`.
    pub fn new(objects: ObjectStore, me: LeaseOwner) -> Self {
        Self { objects, me }
    }

    /// This process.
    pub fn me(&self) -> &LeaseOwner {
        &self.me
    }

    /// Writes what this process works on; `beat` is another number than the last time.
    pub async fn write(&self, works: Vec<WorkInHand>, beat: u64) -> Result<(), StorageError> {
        let journal = WorkJournal { v: VERSION, owner: self.me.clone(), written_at: now(), beat, works };
        self.objects.put(MLFLOW_BUCKET, &key(&self.me.life), json(&journal).into(), Condition::Always).await?;
        Ok(())
    }

    /// Removes the journal of a process; one that is absent is no error.
    pub async fn remove(&self, life: &str) -> Result<(), StorageError> {
        Ok(self.objects.delete(MLFLOW_BUCKET, &key(life)).await?)
    }

    /// The journals of all other processes.
    pub async fn others(&self) -> Result<Vec<JournalEntry>, StorageError> {
        let listed = self.objects.list(MLFLOW_BUCKET, PREFIX).await?;
        let entry = |entry: super::objects::Entry| {
            let life = entry.key.strip_prefix(PREFIX)?.strip_suffix(".json")?.to_owned();
            Some(JournalEntry { life, etag: entry.etag })
        };
        Ok(listed.into_iter().filter_map(entry).filter(|entry| entry.life != self.me.life).collect())
    }

    /// The journal of a process; none if it is gone, or is none that this version understands.
    pub async fn read(&self, life: &str) -> Result<Option<WorkJournal>, StorageError> {
        match self.objects.get_at_most(MLFLOW_BUCKET, &key(life), None, BYTES_MAX).await? {
            Fetched::New(object) => Ok(serde_json::from_slice(&object.bytes).ok()),
            Fetched::Unchanged | Fetched::Absent => Ok(None),
        }
    }
}

/// Whether a key is that of a journal.
pub(super) fn is_journal_key(key: &str) -> bool {
    let life = key.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(".json"));
    life.is_some_and(|life| !life.is_empty() && !life.contains('/'))
}

fn key(life: &str) -> String {
    format!("{PREFIX}{life}.json")
}
