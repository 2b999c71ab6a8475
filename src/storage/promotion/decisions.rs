//! The decision logs of a store. A log is the truth: numbered without gaps, each entry created once, refusals included. An entry never
//! changes, so that a process reads it once.

use futures::{Stream, StreamExt, TryStreamExt};

use crate::forecast::is_identifier;
use crate::storage::buckets::PROMOTION_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{ObjectStore, PassedOver, Put};
use crate::storage::records::{create, read};

use super::known_logs::{KnownLogs, LogKey};
use super::log::{Appended, Decision};
use super::names::{decision_key, is_pointer_key};

/// Entries of the log that are read at the same time.
const READS_AT_ONCE: usize = 16;

/// The decisions of a store; clones share what they know of them.
#[derive(Clone)]
pub struct Decisions {
    pub(super) objects: ObjectStore,
    pub(super) known: KnownLogs,
}

impl Decisions {
    /// The decisions in this store.
    pub fn new(objects: ObjectStore) -> Self {
        Self { objects, known: KnownLogs::default() }
    }

    /// The identifiers that have a decision log.
    pub async fn identifiers(&self) -> Result<Vec<String>, StorageError> {
        let root = self.objects.list_folder(PROMOTION_BUCKET, "").await?;
        let strange_objects = root.entries.iter().map(|entry| &entry.key).filter(|key| !is_pointer_key(key));
        strange_objects.for_each(|key| self.objects.pass_over_foreign(PROMOTION_BUCKET, key));
        let mut names = Vec::new();
        for folder in &root.folders {
            match folder.strip_suffix('/').filter(|name| is_identifier(name)) {
                Some(name) if self.known.newest_seq(name).is_some() => names.push(name.to_owned()),
                // it may hold nothing but a pointer
                Some(name) if self.newest_keys(name, 1).await?.is_empty() => {}
                Some(name) => names.push(name.to_owned()),
                None => self.objects.pass_over_foreign(PROMOTION_BUCKET, folder),
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The whole log of an identifier, oldest first.
    pub async fn history(&self, identifier: &str) -> Result<Vec<Decision>, StorageError> {
        let mut decisions = self.newest(identifier, usize::MAX).await?;
        decisions.reverse();
        Ok(decisions)
    }

    /// The last `limit` entries of the log, newest first.
    pub async fn newest(&self, identifier: &str, limit: usize) -> Result<Vec<Decision>, StorageError> {
        let keys = self.newest_keys(identifier, limit).await?;
        self.entries(identifier, keys).try_collect().await
    }

    /// The entries of these keys, in their order, without damaged ones. If the newest of the log is damaged that is an error: what is
    /// decided next depends on it.
    pub(super) fn entries(
        &self,
        identifier: &str,
        keys: Vec<LogKey>,
    ) -> impl Stream<Item = Result<Decision, StorageError>> {
        let newest = keys.iter().map(|key| key.seq).max();
        let reads = futures::stream::iter(keys).map(move |key| {
            let is_newest = Some(key.seq) == newest;
            self.entry(identifier, key, is_newest)
        });
        reads.buffered(READS_AT_ONCE).try_filter_map(async |entry| Ok(entry))
    }

    /// An entry of the log. A damaged one is passed over unless it is the newest.
    async fn entry(&self, identifier: &str, key: LogKey, is_newest: bool) -> Result<Option<Decision>, StorageError> {
        let name = decision_key(identifier, key.seq);
        if let Some(known) = self.known.entry(identifier, &key) {
            self.objects.is_whole(PROMOTION_BUCKET, &name);
            return Ok(Some(known));
        }
        match self.read_entry(identifier, key.seq).await {
            Err(error @ StorageError::Damaged { .. }) => {
                self.objects.pass_over(PROMOTION_BUCKET, &name, PassedOver::Damaged, &error);
                if is_newest { Err(error) } else { Ok(None) }
            }
            read => {
                let decision = read?;
                self.objects.is_whole(PROMOTION_BUCKET, &name);
                if let Some(decision) = &decision {
                    self.known.keep_entry(identifier, key, decision);
                }
                Ok(decision)
            }
        }
    }

    /// The entry of this number, if its object is the entry of this place.
    pub(super) async fn read_entry(&self, identifier: &str, seq: u64) -> Result<Option<Decision>, StorageError> {
        let key = decision_key(identifier, seq);
        match read::<Decision>(&self.objects, PROMOTION_BUCKET, &key).await? {
            Some(found) if found.identifier != identifier || found.seq != seq => {
                Err(StorageError::damaged(PROMOTION_BUCKET, &key, "it is the decision of another place in a log"))
            }
            decision => Ok(decision),
        }
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
}
