//! Measurements in time: named columns over strictly increasing timestamps.

use std::collections::HashMap;
use std::ops::Range;

use super::column::Column;
use super::error::{DataError, Problems};
use super::time::{Steps, TimeAxis, TimeForm, TimeWriter};

/// Columns over time, in file order; times strictly increase, steps may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Whether the times have a zone.
    pub form: TimeForm,
    /// Steps of the calendar, the local clock, and how times are written, where that is not plain.
    pub axis: TimeAxis,
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

    /// The fixed step in ms; where steps are not fixed, the commonest difference of neighbouring times, the smaller one on a tie. None
    /// below two rows.
    pub fn step_ms(&self) -> Option<i64> {
        self.axis.fixed_step_ms().or_else(|| commonest_step_ms(&self.times_ms))
    }

    /// The steps from row to row; none below two rows.
    pub fn steps(&self) -> Option<Steps> {
        self.step_ms().map(|step_ms| Steps::new(step_ms, &self.axis))
    }

    /// Writes times as the file of this series does.
    pub fn writer(&self) -> TimeWriter {
        TimeWriter::of(self.form, &self.axis)
    }

    /// The rows of `range`, which must lie within the series.
    pub fn slice(&self, range: Range<usize>) -> Series {
        Series {
            form: self.form,
            axis: self.axis.clone(),
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

    /// The number of rows up to the last one in which each of these columns has a value. Columns that the series lacks are not asked for.
    pub fn rows_measured(&self, columns: &[String]) -> usize {
        let columns: Vec<&Column> = columns.iter().filter_map(|name| self.column(name)).collect();
        let is_measured = |row: &usize| columns.iter().all(|column| column.values[*row].is_finite());
        (0..self.rows()).rev().find(is_measured).map_or(0, |last| last + 1)
    }

    /// The last run of rows that follow each other by exactly one step: the rows after the last gap.
    pub fn last_run(&self, steps: impl Into<Steps>) -> Range<usize> {
        self.segments(steps).pop().unwrap_or(0..self.rows())
    }

    /// Runs of rows that follow each other by exactly one step; a number is a fixed step in ms.
    pub fn segments(&self, steps: impl Into<Steps>) -> Vec<Range<usize>> {
        let steps = steps.into();
        let mut segments = Vec::new();
        let mut start = 0;
        for row in 1..=self.rows() {
            let ends = row == self.rows() || !steps.follows(self.times_ms[row - 1], self.times_ms[row]);
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
                later.writer().write(start_ms),
                self.writer().write(end_ms)
            )));
        }
        Ok(())
    }
}

/// The commonest difference of neighbours, the smaller one on a tie.
pub(super) fn commonest_step_ms(times_ms: &[i64]) -> Option<i64> {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    // Neighbouring steps are mostly equal: count a run at a time.
    let mut run = (0, 0);
    for pair in times_ms.windows(2) {
        let step = pair[1] - pair[0];
        if step != run.0 {
            *counts.entry(run.0).or_default() += run.1;
            run = (step, 0);
        }
        run.1 += 1;
    }
    *counts.entry(run.0).or_default() += run.1;
    counts
        .into_iter()
        .filter(|&(step, count)| step > 0 && count > 0)
        .max_by_key(|&(step, count)| (count, std::cmp::Reverse(step)))
        .map(|(step, _)| step)
}

fn names(series: &Series) -> String {
    let names: Vec<&str> = series.columns.iter().map(|c| c.name.as_str()).collect();
    names.join(", ")
}

fn names_absent_from<'a>(series: &'a Series, other: &Series) -> Vec<&'a str> {
    series.columns.iter().map(|column| column.name.as_str()).filter(|name| other.column(name).is_none()).collect()
}
