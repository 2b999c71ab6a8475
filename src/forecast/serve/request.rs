//! From the rows of a request to the context of a model: the model's manifest decides what is needed.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::forecast::data::{Series, TimeWriter};
use crate::forecast::model::{Context, Forecast, Manifest};

use super::request_error::{RequestError, refused};
use super::request_times::{RequestTimes, read_times};
use super::time_texts::TimeTexts;

/// Steps that one forecast may have.
pub const MAX_HORIZON: u64 = 10_000;

/// Rows at the end in which a target may be missing, as many as training fills in a gap by default.
const IMPUTED_ROWS_MAX: usize = 30;

/// Rows as a caller sent them: in any order, cells may be missing.
#[derive(Debug, Clone, Default)]
pub struct RequestRows {
    /// One text per row.
    pub times: TimeTexts,
    /// Cells by column, NaN where one is missing; only the model's columns are looked at.
    pub columns: BTreeMap<String, Vec<f64>>,
}

impl RequestRows {
    /// These rows of these columns of a series, with its times as `writer` writes them.
    pub fn of(series: &Series, columns: &[String], rows: Range<usize>, writer: &TimeWriter) -> Self {
        let cell = |value: &f64| if value.is_finite() { *value } else { f64::NAN };
        let cells = |name: &String| {
            let column = series.column(name)?;
            Some((name.clone(), column.values[rows.clone()].iter().map(cell).collect()))
        };
        Self {
            columns: columns.iter().filter_map(cells).collect(),
            times: series.times_ms[rows.clone()].iter().map(|ms| writer.write(*ms)).collect(),
        }
    }
}

/// A context, and how times are written in answers.
#[derive(Debug, Clone)]
pub struct PreparedRequest {
    /// What the model starts from.
    pub context: Context,
    /// Writes times as the caller sent them.
    pub form: TimeWriter,
    /// Rows at the end in which a target is missing; the last value before them stands in its place.
    pub imputed_rows: usize,
}

/// Sorts, checks and imputes the rows, and cuts the last of them for the model: `input_rows`, or as many as it uses.
///
/// # Errors
/// Unreadable, mixed or repeated times, a step other than the model's, missing columns, too few rows,
/// columns without any value, a target without a value in more than the last 30 rows.
pub fn prepare_request(manifest: &Manifest, rows: &RequestRows) -> Result<PreparedRequest, RequestError> {
    let RequestTimes { order, writer } = read_times(manifest, &rows.times)?;
    let missing: Vec<&str> =
        manifest.columns.iter().filter(|name| !rows.columns.contains_key(*name)).map(String::as_str).collect();
    if !missing.is_empty() {
        return refused(format!(
            "missing column(s): {}; the model needs {}",
            missing.join(", "),
            manifest.columns.join(", ")
        ));
    }
    if order.len() < manifest.input_rows {
        return refused(format!("{} row(s) sent, but the model needs at least {}", order.len(), manifest.input_rows));
    }
    check_steps(manifest, &order, &writer)?;
    let context_rows = manifest.context_rows().min(order.len());
    let mut values = vec![0.0; context_rows * manifest.columns.len()];
    let (first, mut imputed_rows) = (order.len() - context_rows, 0);
    for (at, name) in manifest.columns.iter().enumerate() {
        let cells = &rows.columns[name];
        if cells.len() != rows.times.len() {
            return refused(format!(
                "column `{name}` has {} value(s) for {} time(s); all arrays must have the same length",
                cells.len(),
                rows.times.len()
            ));
        }
        if cells.iter().all(|cell| cell.is_nan()) {
            return refused(format!("column `{name}` has no value at all; send at least one"));
        }
        if manifest.targets.contains(name) {
            let missing = order.iter().rev().take_while(|&&(_, row)| cells[row].is_nan()).count();
            if missing > IMPUTED_ROWS_MAX {
                return refused(format!(
                    "target column `{name}` has no value in the last {missing} rows, at most {IMPUTED_ROWS_MAX} are imputed; send the rows up to the last measured one"
                ));
            }
            imputed_rows = imputed_rows.max(missing);
        }
        // imputed as in training: the last value, else the mean of the train part
        let mut carried = manifest.means.get(name).copied().unwrap_or(0.0);
        for (position, &(_, row)) in order.iter().enumerate() {
            if !cells[row].is_nan() {
                carried = cells[row];
            }
            if position >= first {
                values[(position - first) * manifest.columns.len() + at] = carried;
            }
        }
    }
    let last_ms = order.last().map_or(0, |&(ms, _)| manifest.steps().after(ms, 0));
    Ok(PreparedRequest { context: Context { last_ms, values }, form: writer, imputed_rows })
}

/// Refuses a forecast with values that are no numbers.
///
/// # Errors
/// A cell of the rows is so far outside of the train rows that the model's answer is no number.
pub fn check_forecast(forecast: &Forecast) -> Result<(), RequestError> {
    match forecast.iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => refused(
            "the forecast of these rows is no number; a cell is far outside of what the model was trained on".into(),
        ),
    }
}

/// Refuses rows with a step other than the model's; 10 % of a step of tolerance.
fn check_steps(manifest: &Manifest, order: &[(i64, usize)], writer: &TimeWriter) -> Result<(), RequestError> {
    let steps = manifest.steps();
    let Some(pair) = order.windows(2).find(|pair| !steps.nearly_follows(pair[0].0, pair[1].0)) else { return Ok(()) };
    refused(format!(
        "the step from {} to {} is {} s, but the model's step is {}; send rows at that step without gaps",
        writer.write(pair[0].0),
        writer.write(pair[1].0),
        (pair[1].0 - pair[0].0) as f64 / 1e3,
        steps.described()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_with_a_value_that_is_no_number_is_refused() {
        assert_eq!(check_forecast(&vec![1.0, -2.0]), Ok(()));
        for value in [f64::NAN, f64::INFINITY] {
            let error = check_forecast(&vec![1.0, value]).expect_err("no number");
            assert!(error.to_string().contains("is no number"), "{error}");
        }
    }
}
