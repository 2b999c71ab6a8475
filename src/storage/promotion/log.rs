//! The decision log and its projection. The log is the truth: numbered without gaps, each entry created once, refusals included.
//! `current.json` follows the log by compare-and-set, and any process may repeat the projection after a crash.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::forecast::{Candidate, ScoreWeights, is_identifier};
use crate::limits::STORED_RECORD;
use crate::storage::buckets::PROMOTION_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Condition, Fetched, ObjectError, ObjectStore, PassedOver, Put};
use crate::storage::records::{Checked, check_hash, check_identifier, create, read, read_replaceable};

use super::names::{ORIGINAL_POINTER_KEYS, decision_key, is_pointer_key, numbered, pointer_key};
use super::pointer::Pointer;

/// The version of the entries that this program writes.
pub(in crate::storage) const VERSION: u32 = 1;
/// Entries of the log that are read at the same time.
const READS_AT_ONCE: usize = 16;

/// What was decided, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// The judge promoted another model.
    Promoted,
    /// The judge kept the model that was served.
    Refused,
    /// A person restored a model that was served before.
    RolledBack,
    /// A person chose the run to serve.
    Set,
}

impl std::fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl DecisionKind {
    /// Every kind, for metrics that exist before their first event.
    pub const ALL: [DecisionKind; 4] =
        [DecisionKind::Promoted, DecisionKind::Refused, DecisionKind::RolledBack, DecisionKind::Set];

    /// The value in records and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            DecisionKind::Promoted => "promoted",
            DecisionKind::Refused => "refused",
            DecisionKind::RolledBack => "rolled_back",
            DecisionKind::Set => "set",
        }
    }
}

/// Who made a decision by hand, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The person or program, as it named itself.
    pub who: String,
    /// The reason that was given.
    pub why: String,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Version of this record.
    pub v: u32,
    /// The number of the entry, from 1, without gaps.
    pub seq: u64,
    /// The series that the decision is about.
    pub identifier: String,
    /// The data set that was judged.
    pub dataset_id: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// What was decided.
    pub decision: DecisionKind,
    /// The reason, for people.
    pub reason: String,
    /// Every candidate, best first.
    pub scoreboard: Vec<Candidate>,
    /// The weights of the scores.
    pub weights: ScoreWeights,
    /// Hash of the test rows that were scored.
    pub window_hash: String,
    /// The runs that were judged and need no further round.
    pub judged_runs: Vec<String>,
    /// The generation that is served after the decision.
    pub generation: u64,
    /// The pointer after the decision; refusals repeat the one before.
    pub pointer: Option<Pointer>,
    /// When it was decided, RFC 3339.
    pub timestamp: String,
    /// Who decided and why; none for a decision of the judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
}

impl Checked for Decision {
    fn check(&self) -> Result<(), String> {
        check_identifier(&self.identifier)?;
        check_hash("config_hash", &self.config_hash)?;
        check_hash("dataset_id", &self.dataset_id)?;
        self.pointer.as_ref().map_or(Ok(()), Pointer::check)
    }
}

impl Decision {
    /// The pointer after the last decision of a log, oldest entry first.
    pub fn champion(history: &[Decision]) -> Option<&Pointer> {
        history.iter().rev().find_map(|decision| decision.pointer.as_ref())
    }

    /// The number of the next decision of a log, oldest entry first.
    pub fn next_seq(history: &[Decision]) -> u64 {
        history.last().map_or(1, |last| last.seq + 1)
    }
}

/// The outcome of an attempt to write the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The entry is in the log.
    Done,
    /// Another writer wrote this number first: read the log again and decide again.
    Lost,
}

/// The outcome of reading the pointer.
#[derive(Debug, Clone)]
pub enum FetchedPointer {
    /// The pointer is the one that the caller has.
    Unchanged,
    /// Nothing is promoted.
    Absent,
    /// A pointer that the caller does not have.
    New {
        /// The pointer.
        pointer: Box<Pointer>,
        /// The version to pass to the next read.
        etag: String,
    },
    /// An object is stored, but it is not a pointer that can be served.
    Unreadable {
        /// What is wrong with the object.
        reason: String,
    },
}

/// The decisions of a store.
#[derive(Clone)]
pub struct Decisions {
    objects: ObjectStore,
}

impl Decisions {
    /// The decisions in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects }
    }

    /// The identifiers that have a decision log.
    pub async fn identifiers(&self) -> Result<Vec<String>, StorageError> {
        let entries = self.objects.list(PROMOTION_BUCKET, "").await?;
        let mut names = BTreeSet::new();
        for entry in &entries {
            match entry.key.split_once("/history/").filter(|(identifier, _)| is_identifier(identifier)) {
                Some((identifier, _)) if numbered(identifier, &entry.key).is_some() => {
                    names.insert(identifier.to_owned());
                }
                _ if is_pointer_key(&entry.key) => {}
                _ => self.objects.pass_over_foreign(PROMOTION_BUCKET, &entry.key),
            }
        }
        Ok(names.into_iter().collect())
    }

    /// The whole log of an identifier, oldest first.
    pub async fn history(&self, identifier: &str) -> Result<Vec<Decision>, StorageError> {
        let mut decisions = self.newest(identifier, usize::MAX).await?;
        decisions.reverse();
        Ok(decisions)
    }

    /// The last `limit` entries of the log, newest first.
    pub async fn newest(&self, identifier: &str, limit: usize) -> Result<Vec<Decision>, StorageError> {
        let keys = self.newest_keys(identifier).await?.into_iter().take(limit).enumerate();
        let reads = keys.map(|(at, key)| self.entry(identifier, key, at == 0));
        let decisions: Vec<Option<Decision>> =
            futures::stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(decisions.into_iter().flatten().collect())
    }

    /// [`Decision::champion`] of the stored log, read from its newest entry on: refusals repeat the pointer, so that mostly one entry
    /// is read.
    async fn read_champion(&self, identifier: &str) -> Result<Option<Pointer>, StorageError> {
        for (at, key) in self.newest_keys(identifier).await?.into_iter().enumerate() {
            let decision = self.entry(identifier, key, at == 0).await?;
            if let Some(pointer) = decision.and_then(|decision| decision.pointer) {
                return Ok(Some(pointer));
            }
        }
        Ok(None)
    }

    /// An entry of the log. A damaged one is passed over unless it is the newest: what is decided next depends on that.
    async fn entry(&self, identifier: &str, key: String, is_newest: bool) -> Result<Option<Decision>, StorageError> {
        let read = read::<Decision>(&self.objects, PROMOTION_BUCKET, &key).await;
        let read = read.and_then(|decision| match decision {
            Some(found) if found.identifier != identifier || decision_key(identifier, found.seq) != key => {
                Err(StorageError::damaged(PROMOTION_BUCKET, &key, "it is the decision of another place in a log"))
            }
            decision => Ok(decision),
        });
        match read {
            Err(error @ StorageError::Damaged { .. }) => {
                self.objects.pass_over(PROMOTION_BUCKET, &key, PassedOver::Damaged, &error);
                if is_newest { Err(error) } else { Ok(None) }
            }
            Ok(decision) => {
                self.objects.is_whole(PROMOTION_BUCKET, &key);
                Ok(decision)
            }
            Err(error) => Err(error),
        }
    }

    /// The keys of the log, newest first.
    async fn newest_keys(&self, identifier: &str) -> Result<Vec<String>, StorageError> {
        let entries = self.objects.list(PROMOTION_BUCKET, &format!("{identifier}/history/")).await?;
        let mut keys = Vec::with_capacity(entries.len());
        for entry in entries {
            match numbered(identifier, &entry.key) {
                Some(seq) => keys.push((seq, entry.key)),
                None => self.objects.pass_over_foreign(PROMOTION_BUCKET, &entry.key),
            }
        }
        keys.sort_unstable();
        Ok(keys.into_iter().rev().map(|(_, key)| key).collect())
    }

    /// One entry of the log, by its number.
    pub async fn find(&self, identifier: &str, seq: u64) -> Result<Option<Decision>, StorageError> {
        read(&self.objects, PROMOTION_BUCKET, &decision_key(identifier, seq)).await
    }

    /// Writes the next entry; of two writers of the same number one succeeds.
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

    /// Makes `current.json` say what the log says, and answers with its content.
    pub async fn project(&self, identifier: &str) -> Result<Option<Pointer>, StorageError> {
        let Some(wanted) = self.read_champion(identifier).await? else { return Ok(None) };
        let key = pointer_key(identifier);
        loop {
            let current = read_replaceable(&self.objects, PROMOTION_BUCKET, &key).await?;
            // a pointer of a later decision stays; one that cannot be read, or that is not in the log, is replaced
            let bytes = current.as_ref().and_then(|object| object.bytes.as_ref().ok());
            let known = bytes.and_then(|bytes| Pointer::parse(bytes).ok());
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

    /// The pointer, unless its version is still `etag`.
    pub async fn pointer(&self, identifier: &str, etag: Option<&str>) -> Result<FetchedPointer, StorageError> {
        let key = pointer_key(identifier);
        let fetched = match self.objects.read_if_changed(PROMOTION_BUCKET, &key, etag, STORED_RECORD).await {
            Err(ObjectError::OverLimit { exceeded, .. }) => {
                return Ok(FetchedPointer::Unreadable { reason: format!("{PROMOTION_BUCKET}/{key}: {exceeded}") });
            }
            fetched => fetched?,
        };
        Ok(match fetched {
            Fetched::Unchanged => FetchedPointer::Unchanged,
            Fetched::Absent => self.pointer_of_the_original(identifier).await?,
            Fetched::New(object) => match Pointer::parse(&object.bytes) {
                Ok(pointer) => FetchedPointer::New { pointer: Box::new(pointer), etag: object.etag },
                Err(reason) => FetchedPointer::Unreadable { reason },
            },
        })
    }

    /// Looks where only the original program kept its pointers; such a pointer is reported and never served.
    async fn pointer_of_the_original(&self, identifier: &str) -> Result<FetchedPointer, StorageError> {
        for key in ORIGINAL_POINTER_KEYS.iter().filter(|_| identifier == "default") {
            if let Some(object) = self.objects.read(PROMOTION_BUCKET, key, STORED_RECORD).await? {
                return Ok(FetchedPointer::Unreadable { reason: Pointer::why_not_loadable(&object.bytes) });
            }
        }
        Ok(FetchedPointer::Absent)
    }
}
