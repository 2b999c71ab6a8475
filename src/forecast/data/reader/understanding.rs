//! What the reader understood of a file; `flts inspect` prints it.

use std::fmt;

use serde::Serialize;

use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::table::Fate;
use crate::forecast::data::reader::text::{Compression, Encoding};
use crate::forecast::data::reader::times::LocalClock;

/// What the reader understood of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Understanding {
    /// Whether the file is Parquet; it is read as text.
    pub is_parquet: bool,
    /// How the bytes were compressed.
    pub compression: Compression,
    /// How the characters are written.
    pub encoding: Encoding,
    /// The character between cells.
    pub separator: char,
    /// Comment and title lines above the header.
    pub comment_lines: u32,
    /// The mark before decimals: that of the first column that has one other than a point.
    pub decimal_mark: char,
    /// The mark between thousands, of the first column that has one.
    pub thousands_mark: Option<char>,
    /// Where the times stand, and how they are written.
    pub time: TimeUnderstanding,
    /// Steps of the series, the commonest first, and how many series have each; none for a series of one row.
    pub steps: Vec<(String, usize)>,
    /// Rows of the file.
    pub rows: usize,
    /// Rows of all series, filled gaps included.
    pub rows_read: usize,
    /// Series that were read.
    pub series: usize,
    /// What was done to the rows.
    pub repairs: Repairs,
    /// One a column of the file, in its order.
    pub columns: Vec<ColumnUnderstanding>,
    /// What a user should look at, one sentence each.
    pub warnings: Vec<String>,
}

/// What the reader understood of the times.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TimeUnderstanding {
    /// The columns that hold the time.
    pub columns: Vec<String>,
    /// How times are written: `YYYY-MM-DD hh:mm`.
    pub format: String,
    /// The clock of local steps and of the calendar.
    pub clock: LocalClock,
    /// Whether the times have a zone or offset of their own.
    pub has_zone: bool,
    /// Whether the zone was found from the offsets, not set.
    pub is_zone_guessed: bool,
}

/// What was done to the rows of all series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Repairs {
    /// Rows that say the same as another one, left out.
    pub identical_rows: usize,
    /// Rows of a time that another row has, left out or averaged as `DUPLICATES` says.
    pub merged_rows: usize,
    /// Rows whose time was moved by up to 10 % of a step.
    pub snapped_rows: usize,
    /// Rows of NaN that were made for missing steps.
    pub filled_rows: usize,
    /// The gaps that they fill.
    pub filled_gaps: usize,
    /// Gaps that are too long to be filled.
    pub long_gaps: usize,
    /// Rows before they were brought together as `RESAMPLE` says; 0 where they were not.
    pub resampled_rows: usize,
}

/// A column of the file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnUnderstanding {
    /// The name in the header; empty where it has none.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

impl Understanding {
    /// One line a column that was left out, then the warnings.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let dropped = |column: &ColumnUnderstanding| match &column.fate {
            Fate::Dropped(reason) => Some(format!("column `{}` is left out: {reason}", column.name)),
            _ => None,
        };
        self.columns.iter().filter_map(dropped).chain(self.warnings.iter().cloned())
    }

    /// Whether the file has a column of this name, or one of words of which this is a level.
    pub fn has_column(&self, name: &str, options: &ReadOptions) -> bool {
        let is_level =
            |category: &String| name.strip_prefix(category.as_str()).is_some_and(|rest| rest.starts_with('='));
        self.columns.iter().any(|column| column.name == name) || options.categories.iter().any(is_level)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Time => f.write_str("time"),
            Fate::SeriesId => f.write_str("names the series"),
            Fate::TargetCandidate => f.write_str("target candidate"),
            Fate::Input => f.write_str("input"),
            Fate::OneHot(levels) => write!(f, "{levels} columns of 0 and 1"),
            Fate::Dropped(reason) => write!(f, "left out: {reason}"),
        }
    }
}
