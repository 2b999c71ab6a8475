//! How many rows and columns a file becomes, known before it is decoded.

/// Bytes of a cell in memory: one time or one value.
const CELL_BYTES: usize = 8;

/// Rows and columns, the time column included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows, filled gaps included.
    pub rows: usize,
    /// Columns, that of the time included.
    pub columns: usize,
}

impl Shape {
    /// The memory of the decoded cells.
    pub fn bytes(self) -> usize {
        self.rows.saturating_mul(self.columns).saturating_mul(CELL_BYTES)
    }
}
