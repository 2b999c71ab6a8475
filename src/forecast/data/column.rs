//! One named column of numbers.

/// One named column of numbers; NaN is a missing cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name in the file's header; `weather=rain` for a column made of words.
    pub name: String,
    /// One value a row, in the column's own unit; NaN where it is missing.
    pub values: Vec<f64>,
}
