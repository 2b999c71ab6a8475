//! Regular steps: rows in order on one grid, short gaps filled with missing rows.

use std::collections::BTreeMap;

use crate::limits::{Limit, LimitExceeded};

use super::error::{DataError, Problems};
use super::series::{Column, Series, TimeForm, commonest_step_ms, format_time};

use super::steps::missing_rows;

/// More rows than this, filled ones included, are refused: row numbers must fit in 32 bits with room to spare.
const LARGEST_ROWS: usize = 100_000_000;

/// How rows are put on the grid.
#[derive(Clone, Copy, Debug)]
pub struct GridRules {
    /// The longest run of missing steps that becomes rows of NaN; longer ones stay gaps.
    pub max_gap_rows: usize,
    /// The most cells, filled rows and the time column included.
    pub cells: Limit,
}

/// Rows as they stand in a file.
pub(super) struct FileRows<'a> {
    pub(super) form: TimeForm,
    pub(super) times_ms: Vec<i64>,
    pub(super) columns: Vec<Column>,
    pub(super) lines: Lines<'a>,
}

/// Where the rows stand in the text; lines are counted only when a message needs one.
pub(super) struct Lines<'a> {
    pub(super) text: &'a [u8],
    /// Byte offsets of the rows, blank lines before them included.
    pub(super) offsets: Vec<u64>,
}

impl Lines<'_> {
    /// The line of a row, the first line of the file being 1.
    pub(super) fn of_row(&self, row: usize) -> usize {
        let offset = self.offsets.get(row).copied().unwrap_or(0);
        self.at(offset)
    }

    /// The line on which the first text at or after the byte `offset` stands.
    pub(super) fn at(&self, offset: u64) -> usize {
        let is_end = |&&byte: &&u8| matches!(byte, b'\n' | b'\r');
        let offset = usize::try_from(offset).map_or(self.text.len(), |at| at.min(self.text.len()));
        let blank = self.text[offset..].iter().take_while(is_end).count();
        let before = &self.text[..offset + blank];
        let ends = before.iter().filter(is_end).count();
        // A carriage return and a line feed together end one line.
        let pairs = before.windows(2).filter(|pair| *pair == b"\r\n").count();
        1 + ends - pairs
    }
}

/// A run of missing steps before a row.
struct Gap {
    before_row: usize,
    missing_rows: usize,
}

/// Checks order and grid, then fills short gaps with rows of NaN.
pub(super) fn place_on_grid(
    rows: FileRows<'_>,
    time_label: String,
    file: &str,
    rules: GridRules,
) -> Result<Series, DataError> {
    check_order(&rows, &time_label, file)?;
    let step_ms = commonest_step_ms(&rows.times_ms);
    let mut series = Series { form: rows.form, times_ms: rows.times_ms, columns: rows.columns };
    let Some(step_ms) = step_ms else {
        return Ok(series);
    };
    check_grid(&series, &rows.lines, step_ms, &time_label, file)?;
    let gaps = short_gaps(&series.times_ms, step_ms, rules.max_gap_rows);
    let filled: usize = gaps.iter().map(|gap| gap.missing_rows).sum();
    let total = series.rows() + filled;
    check_cells(total, series.columns.len() + 1, file, rules.cells)?;
    if total > LARGEST_ROWS {
        return Err(DataError::new(format!(
            "{file}: {total} rows with the missing steps filled: at most {LARGEST_ROWS} can be used"
        )));
    }
    if filled > 0 {
        fill(&mut series, &gaps, step_ms, total);
    }
    Ok(series)
}

/// Refuses more cells than the limit.
pub(super) fn check_cells(rows: usize, columns: usize, file: &str, cells: Limit) -> Result<(), DataError> {
    let refused = |error: LimitExceeded| DataError::new(format!("{file}: {error}"));
    cells.check_product(rows, columns).map_err(refused)
}

fn check_order(rows: &FileRows<'_>, time_label: &str, file: &str) -> Result<(), DataError> {
    let mut problems = Problems::default();
    for (row, pair) in rows.times_ms.windows(2).enumerate() {
        if pair[1] > pair[0] {
            continue;
        }
        problems.add(|| {
            let line = rows.lines.of_row(row + 1);
            let time = format_time(pair[1], rows.form);
            let mistake = if pair[1] == pair[0] { "stands twice" } else { "is earlier than the row above" };
            format!("line {line}, {time_label}: {time} {mistake}")
        });
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(DataError::listed(format!("{file}: times must increase from row to row"), problems))
}

fn check_grid(series: &Series, lines: &Lines<'_>, step_ms: i64, time_label: &str, file: &str) -> Result<(), DataError> {
    let offset = |ms: &i64| ms.rem_euclid(step_ms);
    let first = series.times_ms.first().map_or(0, offset);
    if series.times_ms.iter().all(|ms| offset(ms) == first) {
        return Ok(());
    }
    // The first row may itself be the one that is off: the grid is where most rows are.
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for ms in &series.times_ms {
        *counts.entry(offset(ms)).or_default() += 1;
    }
    let grid = counts.into_iter().max_by_key(|&(_, count)| count).map_or(first, |(offset, _)| offset);
    let mut problems = Problems::default();
    for (row, ms) in series.times_ms.iter().enumerate() {
        if offset(ms) != grid {
            problems.add(|| {
                let (line, time) = (lines.of_row(row), format_time(*ms, series.form));
                format!("line {line}, {time_label}: {time} is off the grid")
            });
        }
    }
    Err(DataError::listed(
        format!("{file}: rows must be regularly spaced, the commonest step is {}", seconds(step_ms)),
        problems,
    ))
}

fn short_gaps(times_ms: &[i64], step_ms: i64, max_gap_rows: usize) -> Vec<Gap> {
    let missing = |(row, pair): (usize, &[i64])| {
        let missing_rows = missing_rows(pair[1].saturating_sub(pair[0]), step_ms, max_gap_rows)?;
        Some(Gap { before_row: row + 1, missing_rows })
    };
    times_ms.windows(2).enumerate().filter_map(missing).collect()
}

fn fill(series: &mut Series, gaps: &[Gap], step_ms: i64, total: usize) {
    for column in &mut series.columns {
        let mut values = Vec::with_capacity(total);
        let mut done = 0;
        for gap in gaps {
            values.extend_from_slice(&column.values[done..gap.before_row]);
            values.resize(values.len() + gap.missing_rows, f64::NAN);
            done = gap.before_row;
        }
        values.extend_from_slice(&column.values[done..]);
        column.values = values;
    }
    let mut times_ms = Vec::with_capacity(total);
    let mut done = 0;
    for gap in gaps {
        times_ms.extend_from_slice(&series.times_ms[done..gap.before_row]);
        let mut ms = series.times_ms[gap.before_row - 1];
        for _ in 0..gap.missing_rows {
            ms += step_ms;
            times_ms.push(ms);
        }
        done = gap.before_row;
    }
    times_ms.extend_from_slice(&series.times_ms[done..]);
    series.times_ms = times_ms;
}

/// A step as messages write it: `120 s` or `0.25 s`.
pub(super) fn seconds(step_ms: i64) -> String {
    format!("{} s", step_ms as f64 / 1000.0)
}
