//! The newest rows of a stored series, and the same rows in the form of a request.

use crate::forecast::data::{ImputedRows, Series};
use crate::forecast::model::Manifest;

use super::request::RequestRows;

/// The most rows that are kept of a series for forecasts that name none.
pub const KNOWN_ROWS_MAX: usize = 2_000;

/// The last rows of train and test part that follow each other step by step, at most so many. Cells of the test part that were not
/// measured are NaN.
pub fn newest_rows(train: &Series, test: &Series, imputed_test: &ImputedRows, rows_max: usize) -> Series {
    let mut measured = test.clone();
    for column in &mut measured.columns {
        for row in imputed_test.get(&column.name).into_iter().flatten() {
            if let Some(cell) = column.values.get_mut(*row as usize) {
                *cell = f64::NAN;
            }
        }
    }
    let tail = train.rows().saturating_sub(rows_max);
    // the parts of a data set always fit; without the train part the rows are fewer
    let joined = train.slice(tail..train.rows()).concat(&measured).unwrap_or(measured);
    let run = joined.steps().and_then(|steps| joined.segments(steps).pop()).unwrap_or(0..joined.rows());
    joined.slice(run.start.max(run.end.saturating_sub(rows_max))..run.end)
}

/// The last `rows_max` rows of these columns, in the form of a request.
pub fn last_rows(series: &Series, columns: &[String], rows_max: usize) -> RequestRows {
    rows_before(series, columns, rows_max, series.rows())
}

/// The rows up to the last one in which every target was measured, in the form of a request of this model.
pub fn measured_rows(series: &Series, manifest: &Manifest) -> RequestRows {
    let targets: Vec<_> = manifest.targets.iter().filter_map(|name| series.column(name)).collect();
    let is_measured = |row: &usize| targets.iter().all(|column| column.values[*row].is_finite());
    let end = (0..series.rows()).rev().find(is_measured).map_or(0, |row| row + 1);
    rows_before(series, &manifest.columns, series.rows(), end)
}

fn rows_before(series: &Series, columns: &[String], rows_max: usize, end: usize) -> RequestRows {
    let (first, writer) = (end.saturating_sub(rows_max), series.writer());
    let cell = |value: &f64| if value.is_finite() { *value } else { f64::NAN };
    let cells = |name: &String| {
        let column = series.column(name)?;
        Some((name.clone(), column.values[first..end].iter().map(cell).collect()))
    };
    RequestRows {
        times: series.times_ms[first..end].iter().map(|ms| writer.write(*ms)).collect(),
        columns: columns.iter().filter_map(cells).collect(),
    }
}
