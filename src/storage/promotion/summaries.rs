//! The summaries of logs: each is brought up to date by the entries after those that it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::storage::error::StorageError;
use crate::storage::snapshot::Snapshot;

use super::decisions::Decisions;
use super::known_logs::{KnownSummary, LogKey};
use super::summary::LogSummary;

/// The summaries of all logs that a process has read, for the next process. A summary is used again only where the log still holds its
/// last entry unchanged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedSummaries {
    /// By identifier: the version of the object of the last entry, and the summary.
    logs: BTreeMap<String, (String, LogSummary)>,
}

impl Snapshot for SavedSummaries {
    const KIND: &'static str = "decision-logs";
    const VERSION: u32 = 2;
}

impl Decisions {
    /// What the log comes to now. Entries that are part of the known summary are not read again.
    pub async fn summary(&self, identifier: &str) -> Result<Arc<LogSummary>, StorageError> {
        let known = self.known.summary(identifier);
        let mut keys = self.keys_after(identifier, known.summary.seq().saturating_sub(1)).await?;
        let mut summary = match keys.first() {
            Some(first) if known.ends_with(first) => {
                keys.remove(0);
                if keys.is_empty() {
                    return Ok(known.summary);
                }
                (*known.summary).clone()
            }
            // nothing is known, or it is of another log
            _ if known.summary.seq() > 1 => {
                keys = self.keys_after(identifier, 0).await?;
                LogSummary::default()
            }
            _ => LogSummary::default(),
        };
        let Some(LogKey { etag, .. }) = keys.last().cloned() else { return Ok(Arc::default()) };
        let mut entries = std::pin::pin!(self.entries(identifier, keys));
        while let Some(decision) = entries.try_next().await? {
            summary.add(&decision);
        }
        let summary = Arc::new(summary);
        self.known.keep_summary(identifier, KnownSummary { etag, summary: summary.clone() });
        Ok(summary)
    }

    /// What this process knows of all logs.
    pub fn saved_summaries(&self) -> SavedSummaries {
        let logs = self.known.summaries().into_iter();
        SavedSummaries { logs: logs.map(|(name, known)| (name, (known.etag, (*known.summary).clone()))).collect() }
    }

    /// Takes over what an earlier process knew of logs that this one has not read.
    pub fn restore_summaries(&self, saved: SavedSummaries) {
        for (identifier, (etag, summary)) in saved.logs {
            if self.known.summary(&identifier).summary.seq() == 0 {
                self.known.keep_summary(&identifier, KnownSummary { etag, summary: Arc::new(summary) });
            }
        }
    }
}
