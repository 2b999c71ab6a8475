//! Which offset of a partition may be committed: the contiguous prefix, never the highest finished.

use std::collections::BTreeSet;

/// The unfinished records of one partition, from which the committable offset follows.
///
/// Offsets begin in rising order (gaps are fine: transactions and compaction leave them) and finish in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct OffsetTracker {
    unfinished: BTreeSet<i64>,
    /// One past the highest offset begun.
    end: Option<i64>,
}

impl OffsetTracker {
    /// A tracker that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the record at `offset` as begun; false when it does not follow what was begun before.
    pub fn begin(&mut self, offset: i64) -> bool {
        if self.end.is_some_and(|end| offset < end) {
            return false;
        }
        self.end = Some(offset + 1);
        self.unfinished.insert(offset)
    }

    /// Takes the record at `offset` as finished; false when it was not unfinished.
    pub fn finish(&mut self, offset: i64) -> bool {
        self.unfinished.remove(&offset)
    }

    /// The offset to commit, that is the next one to read after a restart: the lowest unfinished, else one past the
    /// last begun; nothing as long as nothing was begun.
    pub fn committable(&self) -> Option<i64> {
        self.unfinished.first().copied().or(self.end)
    }

    /// One past the highest offset begun: the position of the reader.
    pub fn position(&self) -> Option<i64> {
        self.end
    }

    /// How many records are begun and not finished.
    pub fn unfinished(&self) -> usize {
        self.unfinished.len()
    }
}
