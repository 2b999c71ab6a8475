//! Which offset of a partition may be committed: the end of the contiguous finished prefix, and never the highest finished offset.

use std::collections::BTreeSet;

/// The unfinished offsets of one partition, from which the committable offset follows.
///
/// Offsets begin in rising order, with gaps where transactions and compaction leave them, and finish in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct OffsetTracker {
    unfinished: BTreeSet<i64>,
    /// One past the highest offset begun.
    end: Option<i64>,
}

impl OffsetTracker {
    /// A tracker without offsets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the record at `offset`; false if a higher or equal offset was begun before.
    pub fn begin(&mut self, offset: i64) -> bool {
        if self.end.is_some_and(|end| offset < end) {
            return false;
        }
        self.end = Some(offset + 1);
        self.unfinished.insert(offset)
    }

    /// Finishes the record at `offset`; false if it was not begun, or is finished already.
    pub fn finish(&mut self, offset: i64) -> bool {
        self.unfinished.remove(&offset)
    }

    /// The offset to commit, which is the first one to read after a restart: the lowest unfinished offset, or else one past the
    /// last begun; none if nothing was begun.
    pub fn committable(&self) -> Option<i64> {
        self.unfinished.first().copied().or(self.end)
    }

    /// One past the highest offset begun: the position of the reader.
    pub fn position(&self) -> Option<i64> {
        self.end
    }

    /// The number of records that are begun and not finished.
    pub fn unfinished(&self) -> usize {
        self.unfinished.len()
    }
}
