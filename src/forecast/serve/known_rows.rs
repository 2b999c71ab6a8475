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
    let run = joined.steps().map_or(0..joined.rows(), |steps| joined.last_run(steps));
    joined.slice(run.start.max(run.end.saturating_sub(rows_max))..run.end)
}

/// The last `rows_max` rows of these columns, in the form of a request.
pub fn last_rows(series: &Series, columns: &[String], rows_max: usize) -> RequestRows {
    let rows = series.rows().saturating_sub(rows_max)..series.rows();
    RequestRows::of(series, columns, rows, &series.writer())
}

/// The rows up to the last one in which every target was measured, in the form of a request of this model.
pub fn measured_rows(series: &Series, manifest: &Manifest) -> RequestRows {
    RequestRows::of(series, &manifest.columns, 0..series.rows_measured(&manifest.targets), &series.writer())
}
