//! Measurements in time: named columns over strictly increasing timestamps.

use std::ops::Range;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

use super::error::{DataError, Problems};
use super::steps::StepCounts;

/// How times were written: without a zone, or with one (then kept in UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeForm {
    /// Local times without a zone, kept as if they were UTC.
    Naive,
    /// Times with a zone, converted to UTC.
    Utc,
}

/// One named column of numbers; NaN is a missing cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name in the file's header.
    pub name: String,
    /// One value a row, in the column's own unit; NaN where it is missing.
    pub values: Vec<f64>,
}

/// Columns over time, in file order; times strictly increase, steps may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// How the times were written.
    pub form: TimeForm,
    /// Milliseconds since 1970, one a row.
    pub times_ms: Vec<i64>,
    /// Columns in file order, each as long as `times_ms`.
    pub columns: Vec<Column>,
}

impl Series {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.times_ms.len()
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The commonest difference of neighbouring times in ms, the smaller one on a tie; none below two rows.
    pub fn step_ms(&self) -> Option<i64> {
        commonest_step_ms(&self.times_ms)
    }

    /// The rows of `range`, which must lie within the series.
    pub fn slice(&self, range: Range<usize>) -> Series {
        Series {
            form: self.form,
            times_ms: self.times_ms[range.clone()].to_vec(),
            columns: self
                .columns
                .iter()
                .map(|column| Column { name: column.name.clone(), values: column.values[range.clone()].to_vec() })
                .collect(),
        }
    }

    /// This series followed by `later`, which must have the same columns and form and start after this one ends.
    pub fn concat(&self, later: &Series) -> Result<Series, DataError> {
        self.check_continued_by(later, "the earlier part", "the later part")?;
        let mut joined = self.clone();
        joined.times_ms.extend_from_slice(&later.times_ms);
        for (column, more) in joined.columns.iter_mut().zip(&later.columns) {
            column.values.extend_from_slice(&more.values);
        }
        Ok(joined)
    }

    /// Runs of rows that follow each other by exactly `step_ms`.
    pub fn segments(&self, step_ms: i64) -> Vec<Range<usize>> {
        let mut segments = Vec::new();
        let mut start = 0;
        for row in 1..=self.rows() {
            let ends = row == self.rows() || self.times_ms[row] - self.times_ms[row - 1] != step_ms;
            if ends {
                segments.push(start..row);
                start = row;
            }
        }
        segments
    }

    /// Refuses a `later` series that cannot follow this one; the names are how the message calls the two.
    pub(super) fn check_continued_by(&self, later: &Series, name: &str, later_name: &str) -> Result<(), DataError> {
        let missing = names_absent_from(self, later);
        let extra = names_absent_from(later, self);
        if !missing.is_empty() || !extra.is_empty() {
            let mut problems = Problems::default();
            for (owner, absent) in [(name, missing), (later_name, extra)] {
                if !absent.is_empty() {
                    problems.add(|| format!("only in {owner}: {}", absent.join(", ")));
                }
            }
            return Err(DataError::listed(format!("{name} and {later_name} must have the same columns"), problems));
        }
        if self.columns.iter().zip(&later.columns).any(|(a, b)| a.name != b.name) {
            return Err(DataError::new(format!(
                "{name} and {later_name} must have their columns in the same order: {} but {}",
                names(self),
                names(later)
            )));
        }
        if self.form != later.form {
            return Err(DataError::new(format!(
                "{name} has {} and {later_name} has {}: write both the same way",
                self.form.described(),
                later.form.described()
            )));
        }
        if let (Some(&end_ms), Some(&start_ms)) = (self.times_ms.last(), later.times_ms.first())
            && start_ms <= end_ms
        {
            return Err(DataError::new(format!(
                "{later_name} starts at {}, which is not after the end of {name} at {}: the later part must follow in time",
                format_time(start_ms, later.form),
                format_time(end_ms, self.form)
            )));
        }
        Ok(())
    }
}

impl TimeForm {
    pub(super) fn described(self) -> &'static str {
        match self {
            TimeForm::Naive => "times without a zone",
            TimeForm::Utc => "times with a zone",
        }
    }
}

/// The time as text: `2018-02-28T03:34:00`, with `Z` if it is UTC; the fraction only where it is not zero.
pub fn format_time(ms: i64, form: TimeForm) -> String {
    let Some(time) = DateTime::from_timestamp_millis(ms) else {
        return format!("{ms} ms since 1970");
    };
    let zone = match form {
        TimeForm::Naive => "",
        TimeForm::Utc => "Z",
    };
    let pattern = if ms.rem_euclid(1000) == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" };
    format!("{}{zone}", time.format(pattern))
}

/// Reads `2018-02-28 03:32:00`, also with `T`, without seconds, with a fraction (kept to the millisecond), as a date alone, with `Z` or an offset such as `+01:00`.
pub fn parse_time(text: &str) -> Option<(i64, TimeForm)> {
    let mut rest = Digits(text.trim().as_bytes());
    let year = rest.number(4)?;
    rest.expect(b'-')?;
    let month = rest.number(2)?;
    rest.expect(b'-')?;
    let day = rest.number(2)?;
    let days = i64::from(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.to_epoch_days());
    let midnight_ms = days * 86_400_000;
    if rest.0.is_empty() {
        return Some((midnight_ms, TimeForm::Naive));
    }
    if !matches!(rest.next()?, b' ' | b'T' | b't') {
        return None;
    }
    let time_ms = midnight_ms + rest.time_of_day_ms()?;
    match rest.offset_ms()? {
        None => Some((time_ms, TimeForm::Naive)),
        Some(offset_ms) => Some((time_ms - offset_ms, TimeForm::Utc)),
    }
}

/// The commonest difference of neighbours, the smaller one on a tie.
pub(super) fn commonest_step_ms(times_ms: &[i64]) -> Option<i64> {
    let mut steps = StepCounts::default();
    times_ms.windows(2).for_each(|pair| steps.add(pair[1] - pair[0]));
    steps.commonest()
}

fn names(series: &Series) -> String {
    let names: Vec<&str> = series.columns.iter().map(|c| c.name.as_str()).collect();
    names.join(", ")
}

fn names_absent_from<'a>(series: &'a Series, other: &Series) -> Vec<&'a str> {
    series.columns.iter().map(|column| column.name.as_str()).filter(|name| other.column(name).is_none()).collect()
}

/// The unread part of a time's text.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.next().filter(u8::is_ascii_digit)?;
            value = value * 10 + u32::from(digit - b'0');
        }
        Some(value)
    }

    /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`, as ms since midnight.
    fn time_of_day_ms(&mut self) -> Option<i64> {
        let hour = self.number(2).filter(|&hour| hour < 24)?;
        self.expect(b':')?;
        let minute = self.number(2).filter(|&minute| minute < 60)?;
        let mut ms = (i64::from(hour) * 60 + i64::from(minute)) * 60_000;
        if !self.skip(b':') {
            return Some(ms);
        }
        ms += i64::from(self.number(2).filter(|&second| second < 60)?) * 1000;
        if !self.skip(b'.') {
            return Some(ms);
        }
        let mut unit_ms = 100;
        ms += i64::from(self.number(1)?) * unit_ms;
        while self.0.first().is_some_and(u8::is_ascii_digit) {
            unit_ms /= 10;
            ms += i64::from(self.number(1)?) * unit_ms;
        }
        Some(ms)
    }

    /// `Z`, `+01`, `+0100` or `+01:00` as ms east of Greenwich; `Some(None)` where the text ends.
    fn offset_ms(&mut self) -> Option<Option<i64>> {
        if self.0.is_empty() {
            return Some(None);
        }
        self.skip(b' ');
        let sign = match self.next()? {
            b'Z' | b'z' => return self.0.is_empty().then_some(Some(0)),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2).filter(|&hours| hours < 24)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.skip(b':');
            self.number(2).filter(|&minutes| minutes < 60)?
        };
        let ms = sign * i64::from(hours * 60 + minutes) * 60_000;
        self.0.is_empty().then_some(Some(ms))
    }
}
