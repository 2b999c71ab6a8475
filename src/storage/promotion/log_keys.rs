//! The keys of a log: its newest ones are found without listing the others.

use crate::storage::buckets::PROMOTION_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Entry, PAGE_KEYS};

use super::decisions::Decisions;
use super::known_logs::LogKey;
use super::log::FetchedPointer;
use super::names::{decision_key, history_prefix, numbered};

/// The first keys after a number.
struct LogPage {
    keys: Vec<LogKey>,
    is_truncated: bool,
}

impl Decisions {
    /// The newest `limit` keys of a log, newest first. The listing starts close to the newest key that is known, or else to the entry
    /// that the pointer names.
    pub(super) async fn newest_keys(&self, identifier: &str, limit: usize) -> Result<Vec<LogKey>, StorageError> {
        let wanted = u64::try_from(limit).unwrap_or(u64::MAX);
        let hint = match self.known.newest_seq(identifier) {
            _ if limit >= PAGE_KEYS => 0,
            Some(seq) => seq,
            None => self.seq_of_pointer(identifier).await?,
        };
        let (mut keys, start) = self.keys_after_hint(identifier, hint.saturating_sub(wanted), wanted).await?;
        if start > 0 && keys.len() < limit {
            // the log has a gap there, or it is another one than before
            keys = self.keys_after(identifier, 0).await?;
        }
        match keys.last() {
            Some(newest) => self.known.keep_newest_seq(identifier, newest.seq),
            None => self.known.forget(identifier),
        }
        keys.reverse();
        keys.truncate(limit);
        Ok(keys)
    }

    /// The keys after `start`, oldest first, or those after a later number that is close to the newest; and that number.
    async fn keys_after_hint(
        &self,
        identifier: &str,
        start: u64,
        wanted: u64,
    ) -> Result<(Vec<LogKey>, u64), StorageError> {
        if wanted >= PAGE_KEYS as u64 {
            return Ok((self.keys_after(identifier, start).await?, start));
        }
        let page = self.page_after(identifier, start).await?;
        match page.keys.last() {
            Some(last) if page.is_truncated => {
                let start = self.newest_seq_after(identifier, last.seq).await?.saturating_sub(wanted);
                Ok((self.keys_after(identifier, start).await?, start))
            }
            _ => Ok((page.keys, start)),
        }
    }

    /// The number of the newest entry, which is `known` or a later one. Steps that double find it in a log of any length.
    async fn newest_seq_after(&self, identifier: &str, known: u64) -> Result<u64, StorageError> {
        let (mut newest, mut step) = (known, PAGE_KEYS as u64);
        loop {
            let page = self.page_after(identifier, newest.saturating_add(step)).await?;
            match page.keys.last() {
                Some(last) if !page.is_truncated => return Ok(last.seq),
                Some(last) => (newest, step) = (last.seq, step.saturating_mul(2).max(PAGE_KEYS as u64)),
                None if step == 0 => return Ok(newest),
                // a page holds what lies between
                None if step <= PAGE_KEYS as u64 => step = 0,
                None => step /= 2,
            }
        }
    }

    /// Every key after this number, oldest first.
    pub(super) async fn keys_after(&self, identifier: &str, seq: u64) -> Result<Vec<LogKey>, StorageError> {
        let (prefix, after) = (history_prefix(identifier), decision_key(identifier, seq));
        let listed = self.objects.list_after(PROMOTION_BUCKET, &prefix, &after).await?;
        Ok(self.log_keys(identifier, listed))
    }

    /// The first keys after this number: some, if there are any.
    async fn page_after(&self, identifier: &str, seq: u64) -> Result<LogPage, StorageError> {
        let (prefix, mut after) = (history_prefix(identifier), decision_key(identifier, seq));
        loop {
            let page = self.objects.list_page(PROMOTION_BUCKET, &prefix, &after, PAGE_KEYS).await?;
            if let Some(last) = page.entries.last() {
                after = last.key.clone();
            }
            let is_end = !page.is_truncated || page.entries.is_empty();
            let keys = self.log_keys(identifier, page.entries);
            if is_end || !keys.is_empty() {
                return Ok(LogPage { keys, is_truncated: page.is_truncated });
            }
        }
    }

    /// The entries of a listing, by their numbers.
    fn log_keys(&self, identifier: &str, listed: Vec<Entry>) -> Vec<LogKey> {
        let mut keys = Vec::with_capacity(listed.len());
        for Entry { key, etag, .. } in listed {
            match numbered(identifier, &key) {
                Some(seq) => keys.push(LogKey { seq, etag }),
                None => self.objects.pass_over_foreign(PROMOTION_BUCKET, &key),
            }
        }
        keys.sort_unstable_by_key(|key| key.seq);
        keys
    }

    /// The number of the decision that the pointer tells of; 0 where no pointer can be read.
    async fn seq_of_pointer(&self, identifier: &str) -> Result<u64, StorageError> {
        Ok(match self.pointer(identifier, None).await? {
            FetchedPointer::New { pointer, .. } => pointer.seq,
            FetchedPointer::Unchanged | FetchedPointer::Absent | FetchedPointer::Unreadable { .. } => 0,
        })
    }
}
