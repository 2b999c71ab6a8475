//! The rows of each series of a long file, where times repeat for each word of a column.

use std::collections::HashSet;

use super::extract::{NO_WORD, Table, Values, Words};
use super::names::{label, position_of};
use crate::forecast::data::reader::mistakes::{Found, Mistakes};
use crate::forecast::data::reader::options::ReadOptions;
use crate::limits::SERIES;

/// The rows of one series, in file order.
pub(crate) struct Group {
    /// The name of the series; none where the file is one series.
    pub(crate) id: Option<String>,
    pub(crate) rows: Vec<u32>,
}

/// The rows of each series, and the column that names them.
pub(crate) fn groups(
    table: &Table,
    names: &[String],
    options: &ReadOptions,
) -> Result<(Vec<Group>, Option<usize>), Mistakes> {
    let set = options.id_column.as_ref().map(|name| position_of(name, names, "ID_COLUMN")).transpose()?;
    let Some(column) = set.or_else(|| found_id(table)) else {
        let rows = (0..table.times.walls_ms.len() as u32).collect();
        return Ok((vec![Group { id: None, rows }], None));
    };
    let Values::Words(words) = &table.columns[column] else {
        return Err(Mistakes::of_file("ID_COLUMN names the time column: name the column that names the series"));
    };
    if words.is_full {
        return Err(SERIES
            .with_max(options.series_max)
            .check(options.series_max.saturating_add(1))
            .map_or_else(Mistakes::from, |()| {
                Mistakes::of_file("ID_COLUMN holds texts, not names: name another column")
            }));
    }
    SERIES.with_max(options.series_max).check(words.levels.len())?;
    let mut groups: Vec<Group> =
        words.levels.iter().map(|level| Group { id: Some(level.clone()), rows: Vec::new() }).collect();
    let mut found = Found::default();
    for (row, code) in (0u32..).zip(&words.codes) {
        match groups.get_mut(*code as usize) {
            Some(group) => group.rows.push(row),
            None => {
                let what =
                    format!("rows have no name of a series in {}: complete or remove them", label(names, column));
                found.add(&what, || format!("line {}", table.times.lines[row as usize]));
            }
        }
    }
    found.check()?;
    Ok((groups, Some(column)))
}

/// The column of words that names series: times repeat, and with its words they do not.
fn found_id(table: &Table) -> Option<usize> {
    let words = |index: usize| match &table.columns[index] {
        Values::Words(words) if !words.is_full && words.levels.len() > 1 => Some(words),
        _ => None,
    };
    let candidates: Vec<usize> = (0..table.columns.len()).filter(|&index| words(index).is_some()).collect();
    if candidates.is_empty() {
        return None;
    }
    let repeated = repeated_times(table);
    if repeated * 4 < table.times.walls_ms.len() {
        return None;
    }
    let left = |index: &usize| words(*index).map_or(usize::MAX, |words| repeated_pairs(table, words));
    candidates
        .into_iter()
        .map(|index| (left(&index), index))
        .filter(|(left, _)| left * 10 <= repeated)
        .min()
        .map(|(_, index)| index)
}

/// How many rows have the time of another row.
fn repeated_times(table: &Table) -> usize {
    let mut times: Vec<i64> = (0..table.times.walls_ms.len()).map(|row| time_of(table, row)).collect();
    times.sort_unstable();
    times.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

fn repeated_pairs(table: &Table, words: &Words) -> usize {
    if words.codes.contains(&NO_WORD) {
        return usize::MAX / 16;
    }
    let mut pairs: Vec<(u32, i64)> =
        words.codes.iter().enumerate().map(|(row, code)| (*code, time_of(table, row))).collect();
    pairs.sort_unstable();
    pairs.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

fn time_of(table: &Table, row: usize) -> i64 {
    let offset = table.times.offsets[row];
    let minutes = if offset == crate::forecast::data::reader::times::NAIVE { 0 } else { i64::from(offset) };
    table.times.walls_ms[row] - minutes * 60_000
}

/// Columns of whole numbers that may name series: times repeat, and with the number they do not.
pub(crate) fn repeated_ids(table: &Table, names: &[String], series_max: u64) -> Vec<String> {
    let repeated = repeated_times(table);
    if repeated * 4 < table.times.walls_ms.len() {
        return Vec::new();
    }
    let is_id = |values: &Vec<f64>| {
        let mut pairs = HashSet::new();
        let mut numbers = HashSet::new();
        values.iter().enumerate().all(|(row, value)| {
            numbers.insert(value.to_bits());
            value.fract() == 0.0
                && numbers.len() as u64 <= series_max
                && pairs.insert((value.to_bits(), time_of(table, row)))
        }) && numbers.len() > 1
            && numbers.len() * 2 <= values.len()
    };
    let columns = table.columns.iter().enumerate();
    columns
        .filter(|(_, values)| matches!(values, Values::Numbers(numbers) if is_id(numbers)))
        .map(|(index, _)| label(names, index))
        .collect()
}
