//! The decision log and its projection. The log is the truth: dense, created if absent, refusals included.
//! `current.json` follows it by compare-and-set, and anybody may redo it after a crash.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::forecast::{Candidate, ScoreWeights};
use crate::storage::buckets::PROMOTION_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Condition, Fetched, ObjectStore, Put};
use crate::storage::records::{create, read};

use super::pointer::Pointer;

/// Entries of the log that are fetched at the same time.
const READS_AT_ONCE: usize = 16;

/// What a round of judging came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// A judgement: another model is served from now on.
    Promoted,
    /// A judgement: what was served stays.
    Refused,
    /// A person: a model that was served before is served again.
    RolledBack,
    /// A person: the run that was named is served.
    Set,
}

impl std::fmt::Display for Ruling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Ruling {
    /// Every ruling, for series that must be present before they count.
    pub const ALL: [Ruling; 4] = [Ruling::Promoted, Ruling::Refused, Ruling::RolledBack, Ruling::Set];

    /// The word in records and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Ruling::Promoted => "promoted",
            Ruling::Refused => "refused",
            Ruling::RolledBack => "rolled_back",
            Ruling::Set => "set",
        }
    }
}

/// Who moved the pointer by hand, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// A person or a program, as it named itself.
    pub who: String,
    /// The reason it gave.
    pub why: String,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Version of this record.
    pub v: u32,
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The series it is about.
    pub identifier: String,
    /// The data set that was judged.
    pub dataset_id: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// What was decided.
    pub decision: Ruling,
    /// Why, for people.
    pub reason: String,
    /// Everybody who was looked at, best first.
    pub scoreboard: Vec<Candidate>,
    /// The weights of the scores.
    pub weights: ScoreWeights,
    /// The test rows that were scored.
    pub window_hash: String,
    /// Runs that need no other round.
    pub judged_runs: Vec<String>,
    /// Generation that is served after it.
    pub generation: u64,
    /// What is served after it.
    pub pointer: Option<Pointer>,
    /// When, RFC 3339.
    pub timestamp: String,
    /// Of a decision that a person took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
}

/// What became of an attempt to write the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    Done,
    /// Somebody else wrote this number first; read again and judge again.
    Lost,
}

/// A look at the pointer.
#[derive(Debug, Clone)]
pub enum FetchedPointer {
    /// As the ETag said.
    Unchanged,
    /// Nothing is promoted.
    Absent,
    /// A pointer that was not seen before.
    New {
        /// What it says.
        pointer: Box<Pointer>,
        /// To be given at the next look.
        etag: String,
    },
    /// An object is there, but it cannot be followed.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// The decisions of a store.
#[derive(Clone)]
pub struct Decisions {
    objects: ObjectStore,
}

impl Decisions {
    /// The decisions behind this client.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// Identifiers that anything was ever decided for.
    pub async fn identifiers(&self) -> Result<Vec<String>, StorageError> {
        let entries = self.objects.list(PROMOTION_BUCKET, "").await?;
        let identifier = |key: &str| Some(key.split_once("/history/")?.0.to_owned());
        let names: BTreeSet<String> = entries.iter().filter_map(|entry| identifier(&entry.key)).collect();
        Ok(names.into_iter().collect())
    }

    /// The whole log of an identifier, oldest first.
    pub async fn history(&self, identifier: &str) -> Result<Vec<Decision>, StorageError> {
        let mut decisions = self.newest(identifier, usize::MAX).await?;
        decisions.reverse();
        Ok(decisions)
    }

    /// The last entries of the log, newest first.
    pub async fn newest(&self, identifier: &str, limit: usize) -> Result<Vec<Decision>, StorageError> {
        let keys = self.newest_keys(identifier).await?.into_iter().take(limit);
        let reads = keys.map(|key| async move { read::<Decision>(&self.objects, PROMOTION_BUCKET, &key).await });
        let decisions: Vec<Option<Decision>> =
            futures::stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(decisions.into_iter().flatten().collect())
    }

    /// What the log says is served: refusals carry it too, so that the newest entry mostly says it.
    async fn champion(&self, identifier: &str) -> Result<Option<Pointer>, StorageError> {
        for key in self.newest_keys(identifier).await? {
            let decision: Option<Decision> = read(&self.objects, PROMOTION_BUCKET, &key).await?;
            if let Some(pointer) = decision.and_then(|decision| decision.pointer) {
                return Ok(Some(pointer));
            }
        }
        Ok(None)
    }

    /// The keys of the log, newest first: numbers have leading zeros, so that keys are in their order.
    async fn newest_keys(&self, identifier: &str) -> Result<Vec<String>, StorageError> {
        let entries = self.objects.list(PROMOTION_BUCKET, &format!("{identifier}/history/")).await?;
        Ok(entries.into_iter().rev().map(|entry| entry.key).collect())
    }

    /// One entry of the log, by its number.
    pub async fn find(&self, identifier: &str, seq: u64) -> Result<Option<Decision>, StorageError> {
        read(&self.objects, PROMOTION_BUCKET, &decision_key(identifier, seq)).await
    }

    /// Writes the next entry; of two who write the same number one wins.
    pub async fn append(&self, decision: &Decision) -> Result<Appended, StorageError> {
        let key = decision_key(&decision.identifier, decision.seq);
        Ok(match create(&self.objects, PROMOTION_BUCKET, &key, decision).await? {
            Put::Done { .. } => {
                fail::fail_point!("decision-appended");
                Appended::Done
            }
            Put::Lost => Appended::Lost,
        })
    }

    /// Brings `current.json` up to the log, and answers with what it says.
    pub async fn project(&self, identifier: &str) -> Result<Option<Pointer>, StorageError> {
        let Some(wanted) = self.champion(identifier).await? else { return Ok(None) };
        let key = pointer_key(identifier);
        loop {
            let current = self.objects.get(PROMOTION_BUCKET, &key).await?;
            // one of a later decision was written meanwhile; one that cannot be read, or that the log does not say, is replaced
            let known = current.as_ref().and_then(|object| Pointer::parse(&object.bytes).ok());
            if let Some(known) = known.filter(|known| known.seq > wanted.seq || *known == wanted) {
                return Ok(Some(known));
            }
            let condition = match &current {
                Some(object) => Condition::IfMatch(&object.etag),
                None => Condition::IfAbsent,
            };
            match self.objects.put(PROMOTION_BUCKET, &key, wanted.to_json().into(), condition).await? {
                Put::Done { .. } => {
                    fail::fail_point!("pointer-written");
                    return Ok(Some(wanted));
                }
                Put::Lost => continue,
            }
        }
    }

    /// The pointer, if it is not the one that `etag` is of.
    pub async fn pointer(&self, identifier: &str, etag: Option<&str>) -> Result<FetchedPointer, StorageError> {
        let fetched = self.objects.get_if_changed(PROMOTION_BUCKET, &pointer_key(identifier), etag).await?;
        Ok(match fetched {
            Fetched::Unchanged => FetchedPointer::Unchanged,
            Fetched::Absent => self.old_pointer(identifier).await?,
            Fetched::New(object) => match Pointer::parse(&object.bytes) {
                Ok(pointer) => FetchedPointer::New { pointer: Box::new(pointer), etag: object.etag },
                Err(reason) => FetchedPointer::Unreadable { reason },
            },
        })
    }

    /// A pointer of the original where only the original looked for one: told, and never followed.
    async fn old_pointer(&self, identifier: &str) -> Result<FetchedPointer, StorageError> {
        for key in OLD_POINTER_KEYS.iter().filter(|_| identifier == "default") {
            if let Some(object) = self.objects.get(PROMOTION_BUCKET, key).await? {
                return Ok(FetchedPointer::Unreadable { reason: Pointer::why_not_loadable(&object.bytes) });
            }
        }
        Ok(FetchedPointer::Absent)
    }
}

/// Where the original put its pointers of the series `default`, beside `<identifier>/current.json`.
const OLD_POINTER_KEYS: [&str; 2] = ["current.json", "global/current.json"];

fn decision_key(identifier: &str, seq: u64) -> String {
    format!("{identifier}/history/{seq:08}.json")
}

fn pointer_key(identifier: &str) -> String {
    format!("{identifier}/current.json")
}
