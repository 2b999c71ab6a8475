//! What a process knows of the logs: the number and the content of their newest entries, and what each log comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::log::Decision;
use super::summary::LogSummary;

/// Entries of a log that are kept in memory; the newest ones are looked at in every search.
const ENTRIES_MAX: usize = 8;

/// The object of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogKey {
    /// The number of the entry.
    pub seq: u64,
    /// The version of the object.
    pub etag: String,
}

/// A summary, and the version of the object of its last entry.
#[derive(Clone, Default)]
pub(super) struct KnownSummary {
    pub etag: String,
    pub summary: Arc<LogSummary>,
}

impl KnownSummary {
    /// Whether this is its last entry.
    pub(super) fn ends_with(&self, key: &LogKey) -> bool {
        self.summary.seq() == key.seq && self.etag == key.etag
    }
}

/// By identifier; clones share it.
#[derive(Clone, Default)]
pub(super) struct KnownLogs {
    logs: Arc<Mutex<BTreeMap<String, KnownLog>>>,
}

#[derive(Default)]
struct KnownLog {
    /// The number of the newest entry at the last listing.
    newest_seq: Option<u64>,
    /// By number: ETag and content.
    entries: BTreeMap<u64, (String, Decision)>,
    summary: KnownSummary,
}

impl KnownLogs {
    /// The number of the newest entry at the last listing; none of a log that was not listed, or was empty.
    pub(super) fn newest_seq(&self, identifier: &str) -> Option<u64> {
        self.logs.lock().get(identifier).and_then(|log| log.newest_seq)
    }

    /// Remembers the number of the newest entry.
    pub(super) fn keep_newest_seq(&self, identifier: &str, seq: u64) {
        let mut logs = self.logs.lock();
        let log = logs.entry(identifier.to_owned()).or_default();
        log.newest_seq = Some(seq);
        log.entries.retain(|known, _| *known <= seq);
    }

    /// Forgets a log, which is empty.
    pub(super) fn forget(&self, identifier: &str) {
        self.logs.lock().remove(identifier);
    }

    /// The entry of a key, if it is known.
    pub(super) fn entry(&self, identifier: &str, key: &LogKey) -> Option<Decision> {
        let logs = self.logs.lock();
        let (etag, decision) = logs.get(identifier)?.entries.get(&key.seq)?;
        (*etag == key.etag).then(|| decision.clone())
    }

    /// Remembers an entry, if it is among the newest.
    pub(super) fn keep_entry(&self, identifier: &str, key: LogKey, decision: &Decision) {
        let mut logs = self.logs.lock();
        let entries = &mut logs.entry(identifier.to_owned()).or_default().entries;
        entries.insert(key.seq, (key.etag, decision.clone()));
        if entries.len() > ENTRIES_MAX {
            entries.pop_first();
        }
    }

    /// What the log comes to, as far as it was read.
    pub(super) fn summary(&self, identifier: &str) -> KnownSummary {
        self.logs.lock().get(identifier).map(|log| log.summary.clone()).unwrap_or_default()
    }

    /// Remembers what the log comes to.
    pub(super) fn keep_summary(&self, identifier: &str, summary: KnownSummary) {
        self.logs.lock().entry(identifier.to_owned()).or_default().summary = summary;
    }

    /// What every log comes to, as far as it was read.
    pub(super) fn summaries(&self) -> BTreeMap<String, KnownSummary> {
        let logs = self.logs.lock();
        let known = logs.iter().filter(|(_, log)| log.summary.summary.seq() > 0);
        known.map(|(name, log)| (name.clone(), log.summary.clone())).collect()
    }
}
