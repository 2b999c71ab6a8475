//! The entries that a decision of a person depends on, read from the newest one back. A decision is the same on them as on the whole log.

use std::collections::VecDeque;

use futures::future::try_join_all;

use crate::storage::error::StorageError;

use super::decisions::Decisions;
use super::log::Decision;

/// Entries that are read one after the other; if more are needed, the whole log is read at once.
const STEPS_MAX: usize = 64;
/// Entries that are read at the same time.
const READS_AT_ONCE: u64 = 16;

impl Decisions {
    /// The newest entry, and the entries back from it at which another model was put into service, until `is_enough` or the log begins;
    /// oldest first.
    pub async fn promotions(
        &self,
        identifier: &str,
        is_enough: impl Fn(&[Decision]) -> bool,
    ) -> Result<Vec<Decision>, StorageError> {
        let mut found: VecDeque<Decision> = self.newest(identifier, 1).await?.into();
        for _ in 0..STEPS_MAX {
            if is_enough(found.make_contiguous()) {
                return Ok(found.into());
            }
            let Some(earlier) = found.front().and_then(entry_before) else { return Ok(found.into()) };
            match self.entry_or_none(identifier, earlier).await? {
                Some(decision) => found.push_front(decision),
                None => break,
            }
        }
        self.history(identifier).await
    }

    /// The entries from the newest one back to the first for which `is_wanted` holds, or to the beginning; oldest first.
    pub async fn newest_until(
        &self,
        identifier: &str,
        is_wanted: impl Fn(&Decision) -> bool,
    ) -> Result<Vec<Decision>, StorageError> {
        let mut found: VecDeque<Decision> = self.newest(identifier, 1).await?.into();
        while let Some(oldest) = found.front().filter(|oldest| oldest.seq > 1 && !is_wanted(oldest)) {
            let seqs = (oldest.seq.saturating_sub(READS_AT_ONCE).max(1)..oldest.seq).rev();
            let read = try_join_all(seqs.map(|seq| self.entry_or_none(identifier, seq))).await?;
            for decision in read {
                let Some(decision) = decision else { return self.history(identifier).await };
                found.push_front(decision);
                if found.front().is_some_and(&is_wanted) {
                    break;
                }
            }
        }
        Ok(found.into())
    }

    /// An entry by its number; none where it is missing or damaged.
    async fn entry_or_none(&self, identifier: &str, seq: u64) -> Result<Option<Decision>, StorageError> {
        match self.read_entry(identifier, seq).await {
            Err(StorageError::Damaged { .. }) => Ok(None),
            read => read,
        }
    }
}

/// The entry that put the model of this one into service, or else the one before, which repeats the model that was served then.
fn entry_before(decision: &Decision) -> Option<u64> {
    let introduced_at = decision.pointer.as_ref()?.seq;
    let before = if introduced_at < decision.seq { introduced_at } else { decision.seq.saturating_sub(1) };
    Some(before).filter(|seq| *seq > 0)
}
