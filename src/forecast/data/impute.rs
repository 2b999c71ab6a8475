//! Missing cells: dropped rows, and the last value or the train mean in their place. Nothing looks ahead.

use std::collections::BTreeMap;

use super::error::{DataError, Problems};
use super::series::Series;

/// Rows whose cell was imputed, by column; columns without any are absent.
pub type ImputedRows = BTreeMap<String, Vec<u32>>;

/// Drops rows of which more than the `threshold` share (0..1) of the cells is missing; they become gaps.
pub(super) fn drop_incomplete_rows(series: Series, threshold: f64) -> Series {
    let cells = series.columns.len() as f64;
    let needed = (cells * (1.0 - threshold)).ceil();
    let keep: Vec<bool> = (0..series.rows())
        .map(|row| {
            let present = series.columns.iter().filter(|c| !c.values[row].is_nan());
            present.count() as f64 >= needed
        })
        .collect();
    if keep.iter().all(|&kept| kept) {
        return series;
    }
    let mut series = series;
    let mut rows = keep.iter();
    series.times_ms.retain(|_| rows.next().is_some_and(|&kept| kept));
    for column in &mut series.columns {
        let mut rows = keep.iter();
        column.values.retain(|_| rows.next().is_some_and(|&kept| kept));
    }
    series
}

/// The mean of each column's measured cells, in the column's unit; an error names the columns without any.
pub(super) fn means(train: &Series) -> Result<BTreeMap<String, f64>, DataError> {
    let mut means = BTreeMap::new();
    let mut empty = Vec::new();
    for column in &train.columns {
        let measured = column.values.iter().filter(|value| !value.is_nan());
        let (sum, count) = measured.fold((0.0, 0usize), |(sum, n), value| (sum + value, n + 1));
        if count == 0 {
            empty.push(column.name.as_str());
        } else {
            means.insert(column.name.clone(), sum / count as f64);
        }
    }
    if empty.is_empty() {
        return Ok(means);
    }
    Err(DataError::new(format!("the train part has columns without a single value: {}: remove them", empty.join(", "))))
}

/// Fills each missing cell with the column's last value, else with `before` (the value before the first row), else with its mean.
pub(super) fn impute(
    series: &mut Series,
    before: &BTreeMap<String, f64>,
    means: &BTreeMap<String, f64>,
) -> ImputedRows {
    let mut imputed = ImputedRows::new();
    for column in &mut series.columns {
        let first = before.get(&column.name).or_else(|| means.get(&column.name));
        let mut last = first.copied().unwrap_or(f64::NAN);
        let mut rows = Vec::new();
        for (row, value) in (0..).zip(&mut column.values) {
            if value.is_nan() {
                *value = last;
                rows.push(row);
            }
            last = *value;
        }
        if !rows.is_empty() {
            imputed.insert(column.name.clone(), rows);
        }
    }
    imputed
}

/// An error that lists the missing cells of `series`, called `name`; fine where there are none.
pub(super) fn refuse_missing(series: &Series, name: &str) -> Result<(), DataError> {
    let (mut problems, writer) = (Problems::default(), series.writer());
    for row in 0..series.rows() {
        for column in series.columns.iter().filter(|c| c.values[row].is_nan()) {
            problems.add(|| format!("{} at {}", column.name, writer.write(series.times_ms[row])));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let count = problems.count();
    let noun = if count == 1 { "cell" } else { "cells" };
    Err(DataError::listed(
        format!(
            "{name} has {count} missing {noun} (missing rows included) and HANDLE_NANS is false: set it to true, or complete the data"
        ),
        problems,
    ))
}
