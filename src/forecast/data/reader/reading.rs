//! What is read: series, each a grid of times and columns of numbers.

use crate::forecast::data::column::Column;
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::forecast::data::reader::steps::Grid;
use crate::forecast::data::reader::times::TimeFormat;
use crate::forecast::data::reader::understanding::Understanding;

/// What a file holds.
#[derive(Debug)]
pub struct Reading {
    /// The series that could be read, in the order in which the file first names them; at least one.
    pub series: Vec<FileSeries>,
    /// Series of a long file that could not be read, and why; the others are not harmed.
    pub refused: Vec<(String, Mistakes)>,
    /// How the file writes times; forecasts can be written the same way.
    pub form: TimeFormat,
    /// What was understood and done.
    pub understanding: Understanding,
}

/// One series: rows in order, on a grid where there are two or more.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSeries {
    /// The name of the series in a long file, as it is written; none where the file is one series.
    pub id: Option<String>,
    /// ms since 1970 in UTC, one a row, strictly increasing; local times without a zone are kept as if they were UTC.
    pub times_ms: Vec<i64>,
    /// The grid of the times; none for one row. Gaps longer than `MAX_GAP_ROWS` leave slots out.
    pub grid: Option<Grid>,
    /// In file order, each as long as `times_ms`.
    pub columns: Vec<Column>,
}

impl FileSeries {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.times_ms.len()
    }
}
