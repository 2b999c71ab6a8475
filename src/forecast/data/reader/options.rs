//! The settings of the reader, each named after its environment variable.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

use super::steps::{Freq, Grid};
use super::times::{DateOrder, TimeFormat};
use crate::limits::{DATA_CELLS, SERIES};

/// How a file is to be read; the default reads most files.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// `TIME_COLUMN`: the column of the times, or the columns that make one time together.
    pub time_columns: Vec<String>,
    /// `DATE_ORDER`: which number of a date comes first, where the column leaves it open.
    pub date_order: Option<DateOrder>,
    /// `TIME_ZONE`: the zone of the local clock.
    pub time_zone: Option<Tz>,
    /// `FREQ`: the step, where it is not to be found from the times.
    pub freq: Option<Freq>,
    /// The grid of a data set that the file goes on with; it is not looked for then, and `freq` counts for nothing.
    pub grid: Option<Grid>,
    /// `RESAMPLE`: how rows within one step become one row; needs `freq`.
    pub resample: Option<Resample>,
    /// `DUPLICATES`: which of several rows of one time counts.
    pub duplicates: Option<Duplicates>,
    /// `CATEGORIES`: columns of words that are kept, a column of 0 and 1 for each word.
    pub categories: Vec<String>,
    /// `IGNORE_COLUMNS`: columns that are left out.
    pub ignore_columns: Vec<String>,
    /// `ID_COLUMN`: the column that names the series of a row.
    pub id_column: Option<String>,
    /// How times are written in a data set that the file goes on with: read so wherever that fits.
    pub time_format: Option<TimeFormat>,
    /// Columns of a data set that the file goes on with: they are kept whatever they hold.
    pub keep_columns: Vec<String>,
    /// Keeps all columns of numbers whatever they hold: a few rows may well have one value.
    pub keep_all: bool,
    /// Names that columns must not have, because others are made with them.
    pub reserved_columns: Vec<String>,
    /// `MAX_CELLS`: rows x columns after filling.
    pub max_cells: u64,
    /// `MAX_GAP_ROWS`: so many missing steps in a row become rows of NaN; longer gaps stay.
    pub max_gap_rows: usize,
    /// `SERIES_MAX`: series of one long file.
    pub series_max: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            time_columns: Vec::new(),
            date_order: None,
            time_zone: None,
            freq: None,
            grid: None,
            resample: None,
            duplicates: None,
            categories: Vec::new(),
            ignore_columns: Vec::new(),
            id_column: None,
            time_format: None,
            keep_columns: Vec::new(),
            keep_all: false,
            reserved_columns: Vec::new(),
            max_cells: DATA_CELLS.max,
            max_gap_rows: 30,
            series_max: SERIES.max,
        }
    }
}

impl ReadOptions {
    /// The settings of the reader that differ from their default, each as one text that does not depend on how it was written.
    ///
    /// How many rows and cells there may be is not among them.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let list = |names: &[String]| (!names.is_empty()).then(|| names.join(","));
        let all = [
            ("TIME_COLUMN", list(&self.time_columns)),
            ("DATE_ORDER", self.date_order.map(|order| order.to_string())),
            ("TIME_ZONE", self.time_zone.map(|zone| zone.name().to_owned())),
            ("FREQ", self.freq.map(|freq| freq.to_string())),
            ("RESAMPLE", self.resample.map(|how| how.word().to_owned())),
            ("DUPLICATES", self.duplicates.map(|which| which.word().to_owned())),
            ("CATEGORIES", list(&self.categories)),
            ("IGNORE_COLUMNS", list(&self.ignore_columns)),
            ("ID_COLUMN", self.id_column.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// These options for a file that goes on with a data set.
    pub fn going_on(&self, grid: Option<Grid>, format: &TimeFormat, columns: Vec<String>) -> Self {
        Self { grid, time_format: Some(format.clone()), keep_columns: columns, ..self.clone() }
    }
}

/// How rows within one step become one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resample {
    /// The mean of the measured cells.
    Mean,
    /// The sum of the measured cells.
    Sum,
    /// The last measured cell.
    Last,
}

/// Which of several rows of one time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// The row that comes first in the file.
    First,
    /// The row that comes last in the file.
    Last,
    /// The mean of the measured cells.
    Mean,
}

/// Words that stand for values, and the values by their words in any case.
macro_rules! words {
    ($type:ty, $what:literal, $($word:literal => $value:path),+) => {
        impl $type {
            /// The word of the value.
            pub fn word(self) -> &'static str {
                match self {
                    $($value => $word),+
                }
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($word) { return Ok($value); })+
                Err(format!(concat!("`{}` is no ", $what, ": use one of", $(" ", $word),+), text))
            }
        }
    };
}

words!(Resample, "way to bring rows together", "mean" => Resample::Mean, "sum" => Resample::Sum, "last" => Resample::Last);
words!(Duplicates, "choice among rows", "first" => Duplicates::First, "last" => Duplicates::Last, "mean" => Duplicates::Mean);

/// The zone of that name, `Europe/Madrid`, in any case.
pub fn time_zone(name: &str) -> Result<Tz, String> {
    let found = TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| format!("`{name}` is no time zone: write it like Europe/Madrid, America/New_York or UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_others_are_refused_with_a_list() {
        assert_eq!(" Mean ".parse(), Ok(Resample::Mean));
        let error = "both".parse::<Duplicates>().expect_err("unknown");
        assert_eq!(error, "`both` is no choice among rows: use one of first last mean");
        assert_eq!(time_zone("europe/madrid"), Ok(Tz::Europe__Madrid));
        assert!(time_zone("Mars").is_err());
    }

    #[test]
    fn settings_that_mean_the_same_have_one_text() {
        let options = |freq: &str| ReadOptions { freq: freq.parse().ok(), ..ReadOptions::default() };
        assert_eq!(options("H").settings(), options("h").settings());
        assert_eq!(options("15T").settings()["FREQ"], "15min");
        assert!(ReadOptions { max_gap_rows: 3, keep_all: true, ..ReadOptions::default() }.settings().is_empty());
    }
}
