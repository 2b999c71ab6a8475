//! A claim's rows: the forecast after the last row, and a backtest, which measures on the rows themselves how far off the model
//! would have been.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;

use crate::forecast::data::{ImputedRows, Series, TimeForm, TimeWriter};
use crate::forecast::model::{Context, Forecast, Manifest};

use super::predictions::forecast_times;
use super::request_error::{RequestError, refused};

/// Most origins of a backtest; of more, the latest are taken.
pub const BACKTEST_ORIGINS_MAX: usize = 500;
/// Most targets in a sample.
const SAMPLED_TARGETS_MAX: usize = 3;

/// A claim's rows, cut into the contexts that a model forecasts from.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRows {
    /// Rows of the claim.
    pub rows: usize,
    /// Writes times as the rows do.
    pub writer: TimeWriter,
    /// What the forecast starts from: the last rows.
    pub last: Context,
    /// The cells that contexts are cut from, rows x columns of the model, row-major.
    cells: Vec<f64>,
    /// The time of each row.
    times_ms: Vec<i64>,
    /// The context rows of each origin of the backtest, oldest first.
    origins: Vec<Range<usize>>,
    /// Origins x steps x targets, row-major, original units; NaN where nothing was measured.
    truth: Vec<f64>,
}

/// Errors of a backtest, in the columns' own units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestErrors {
    /// Forecasts that were compared.
    pub origins: usize,
    /// Measured values that they were compared with.
    pub points: usize,
    /// Mean absolute error over all points.
    pub mae: f64,
    /// Mean squared error over all points.
    pub mse: f64,
    /// Root of the mean squared error over all points.
    pub rmse: f64,
    /// Mean absolute error of each target.
    pub mae_of: BTreeMap<String, f64>,
    /// Mean squared error of each target.
    pub mse_of: BTreeMap<String, f64>,
    /// Mean absolute error of each step ahead, the first one first; none where a step has no point.
    pub step_mae: Vec<Option<f64>>,
}

/// One step of a backtest beside what was measured, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestSample {
    /// Steps after the origin, the first one 0 as in the original's log.
    pub step: usize,
    /// The time of the step, in the rows' own form.
    pub ts: String,
    /// The forecast, by target.
    pub pred: BTreeMap<String, f64>,
    /// The measured value, by target.
    pub actual: BTreeMap<String, f64>,
    /// Their absolute difference, by target.
    pub abs_err: BTreeMap<String, f64>,
}

impl ClaimRows {
    /// Checks the rows against the manifest, imputes them as in training, and cuts the contexts.
    ///
    /// A backtest has one origin every `output_rows` rows, wherever `input_rows` rows without a gap come before and `output_rows` after.
    /// Where the model uses more rows than that, a context has as many as there are without a gap.
    ///
    /// # Errors
    /// Columns are missing or empty, the step is another one, naive times for a model of times with an offset, fewer rows since the
    /// last gap than the model needs, a target without a value in the last row.
    pub fn of(manifest: &Manifest, series: &Series, imputed: &ImputedRows) -> Result<Self, RequestError> {
        let zeros = vec![0.0; series.rows()];
        let columns = columns(manifest, series, &zeros)?;
        if series.form == TimeForm::Naive && manifest.time_form == TimeForm::Utc {
            return refused("the rows' times have no offset, but the model was trained on times with one".into());
        }
        let segments = segments(manifest, series)?;
        let last = segments.last().cloned().unwrap_or_default();
        if last.len() < manifest.input_rows {
            let gap = if segments.len() > 1 { " since the last gap" } else { "" };
            return refused(format!(
                "{} row(s){gap}, but the model needs at least {}",
                last.len(),
                manifest.input_rows
            ));
        }
        let cells = filled(manifest, &columns);
        let origins = origins(manifest, &segments);
        let measured = measured(manifest, series, imputed);
        let per_row = manifest.targets.len();
        let truth =
            |rows: &Range<usize>| measured[rows.end * per_row..(rows.end + manifest.output_rows) * per_row].to_vec();
        Ok(Self {
            rows: series.rows(),
            writer: series.writer(),
            last: context(&cells, &series.times_ms, &context_rows(manifest, last.start, last.end)),
            truth: origins.iter().flat_map(truth).collect(),
            cells,
            times_ms: series.times_ms.clone(),
            origins,
        })
    }

    /// What the backtest's forecasts start from, oldest first: rolling origins; none where the rows are too few. Each is made when it is
    /// taken: they overlap, and all together may be far larger than the rows.
    pub fn origins(&self) -> impl ExactSizeIterator<Item = Context> {
        self.origins.iter().map(|rows| context(&self.cells, &self.times_ms, rows))
    }

    /// Some steps of the latest origin beside what was measured: the first and the last, and three between them.
    pub fn samples(&self, manifest: &Manifest, forecasts: &[Forecast]) -> Vec<BacktestSample> {
        let (targets, steps) = (manifest.targets.len(), manifest.output_rows);
        let latest_ms = self.origins.last().map(|rows| self.times_ms[rows.end - 1]);
        let latest = latest_ms.zip(self.truth.chunks_exact(steps * targets).last()).zip(forecasts.last());
        let Some(((latest_ms, truth), forecast)) = latest else { return Vec::new() };
        let sampled = BTreeSet::from([0, steps / 10, steps / 2, steps * 9 / 10, steps - 1]);
        let sample = |step: usize| {
            let named = manifest.targets.iter().take(SAMPLED_TARGETS_MAX).enumerate();
            let compared: Vec<(String, f64, f64)> = named
                .map(|(at, name)| (name.clone(), forecast[step * targets + at], truth[step * targets + at]))
                .filter(|(_, _, actual)| actual.is_finite())
                .collect();
            let by_name = |value: fn(f64, f64) -> f64| {
                compared.iter().map(|(name, pred, actual)| (name.clone(), value(*pred, *actual))).collect()
            };
            BacktestSample {
                step,
                ts: self.writer.write(manifest.steps().after(latest_ms, step as i64 + 1)),
                pred: by_name(|pred, _| pred),
                actual: by_name(|_, actual| actual),
                abs_err: by_name(|pred, actual| (pred - actual).abs()),
            }
        };
        sampled.into_iter().map(sample).collect()
    }

    /// The times that a forecast of this many steps is for, as texts in the rows' own form.
    pub fn times_after(&self, manifest: &Manifest, steps: usize) -> Vec<String> {
        forecast_times(manifest, self.last.last_ms, self.writer.clone()).take(steps).collect()
    }

    /// The errors of these forecasts, one an origin; none where no origin has a measured value after it.
    pub fn errors(&self, manifest: &Manifest, forecasts: &[Forecast]) -> Option<BacktestErrors> {
        let (targets, steps) = (manifest.targets.len(), manifest.output_rows);
        let mut all = ErrorSums::default();
        let (mut of_target, mut of_step) = (vec![ErrorSums::default(); targets], vec![ErrorSums::default(); steps]);
        let mut origins = 0;
        for (truth, forecast) in self.truth.chunks_exact(steps * targets).zip(forecasts) {
            let points = all.points;
            for (at, (truth, forecast)) in truth.iter().zip(forecast).enumerate() {
                if truth.is_finite() {
                    let error = forecast - truth;
                    for sums in [&mut all, &mut of_target[at % targets], &mut of_step[at / targets]] {
                        sums.add(error);
                    }
                }
            }
            origins += usize::from(all.points > points);
        }
        let by_target = |value: fn(&ErrorSums) -> Option<f64>| {
            let named = manifest.targets.iter().cloned().zip(&of_target);
            named.filter_map(|(name, sums)| Some((name, value(sums)?))).collect()
        };
        Some(BacktestErrors {
            origins,
            points: all.points,
            mae: all.mae()?,
            mse: all.mse()?,
            rmse: all.mse()?.sqrt(),
            mae_of: by_target(ErrorSums::mae),
            mse_of: by_target(ErrorSums::mse),
            step_mae: of_step.iter().map(ErrorSums::mae).collect(),
        })
    }
}

/// The context of these rows.
fn context(cells: &[f64], times_ms: &[i64], rows: &Range<usize>) -> Context {
    let columns = cells.len() / times_ms.len().max(1);
    Context { last_ms: times_ms[rows.end - 1], values: cells[rows.start * columns..rows.end * columns].to_vec() }
}

/// The rows before `end` that the model uses, of those from `start` on.
fn context_rows(manifest: &Manifest, start: usize, end: usize) -> Range<usize> {
    end.saturating_sub(manifest.context_rows()).max(start)..end
}

/// Sums over errors.
#[derive(Debug, Clone, Copy, Default)]
struct ErrorSums {
    points: usize,
    sizes: f64,
    squares: f64,
}

impl ErrorSums {
    fn add(&mut self, error: f64) {
        self.points += 1;
        self.sizes += error.abs();
        self.squares += error * error;
    }

    fn mae(&self) -> Option<f64> {
        (self.points > 0).then(|| self.sizes / self.points as f64)
    }

    fn mse(&self) -> Option<f64> {
        (self.points > 0).then(|| self.squares / self.points as f64)
    }
}

/// The model's columns, each with at least one value, and targets with one in the last row. A word that these rows do not have is 0 in all
/// of them.
fn columns<'a>(manifest: &Manifest, series: &'a Series, zeros: &'a [f64]) -> Result<Vec<&'a [f64]>, RequestError> {
    let has_other_word = |name: &str| {
        let category = name.split_once('=').map(|(category, _)| format!("{category}="));
        category.is_some_and(|category| series.columns.iter().any(|column| column.name.starts_with(&category)))
    };
    let values = |name: &String| match series.column(name) {
        Some(column) => Some(column.values.as_slice()),
        None => has_other_word(name).then_some(zeros),
    };
    let absent: Vec<&str> = manifest.columns.iter().filter(|name| values(name).is_none()).map(String::as_str).collect();
    if !absent.is_empty() {
        let (absent, needed) = (absent.join(", "), manifest.columns.join(", "));
        return refused(format!("missing column(s): {absent}; the model needs {needed}"));
    }
    let columns: Vec<&[f64]> = manifest.columns.iter().filter_map(values).collect();
    for (name, values) in manifest.columns.iter().zip(&columns) {
        if values.iter().all(|value| value.is_nan()) {
            return refused(format!("column `{name}` has no value at all"));
        }
        if manifest.targets.contains(name) && values.last().is_some_and(|value| value.is_nan()) {
            return refused(format!("target column `{name}` has no value in the last row; a forecast starts there"));
        }
    }
    Ok(columns)
}

/// Runs of rows at the model's step.
fn segments(manifest: &Manifest, series: &Series) -> Result<Vec<Range<usize>>, RequestError> {
    let steps = manifest.steps();
    let (mut segments, mut start) = (Vec::new(), 0);
    for row in 1..=series.rows() {
        let follows = row < series.rows() && steps.nearly_follows(series.times_ms[row - 1], series.times_ms[row]);
        if !follows {
            segments.push(start..row);
            start = row;
        }
    }
    // no row follows another one by the model's step
    if series.rows() > 1 && segments.len() == series.rows() {
        let of_rows = series.steps().map_or_else(String::new, |steps| steps.described());
        return refused(format!("the rows' step is {of_rows}, but the model's step is {}", steps.described()));
    }
    Ok(segments)
}

/// The rows, row-major: an absent cell is the value before it, else the mean of the train part.
fn filled(manifest: &Manifest, columns: &[&[f64]]) -> Vec<f64> {
    let rows = columns.first().map_or(0, |column| column.len());
    let mut carried: Vec<f64> =
        manifest.columns.iter().map(|name| manifest.means.get(name).copied().unwrap_or(0.0)).collect();
    let mut cells = Vec::with_capacity(rows * columns.len());
    for row in 0..rows {
        for (carried, column) in carried.iter_mut().zip(columns) {
            if !column[row].is_nan() {
                *carried = column[row];
            }
            cells.push(*carried);
        }
    }
    cells
}

/// The context rows of each origin.
fn origins(manifest: &Manifest, segments: &[Range<usize>]) -> Vec<Range<usize>> {
    let of_segment = |segment: &Range<usize>| {
        let (start, last) = (segment.start, segment.end.saturating_sub(manifest.output_rows));
        let ends = (start + manifest.input_rows..=last).step_by(manifest.output_rows.max(1));
        ends.map(move |end| context_rows(manifest, start, end))
    };
    let origins: Vec<Range<usize>> = segments.iter().flat_map(of_segment).collect();
    origins[origins.len().saturating_sub(BACKTEST_ORIGINS_MAX)..].to_vec()
}

/// The targets, row-major; NaN where a value was imputed: such a cell is not compared with.
fn measured(manifest: &Manifest, series: &Series, imputed: &ImputedRows) -> Vec<f64> {
    let per_row = manifest.targets.len();
    let mut cells = vec![f64::NAN; series.rows() * per_row];
    for (at, name) in manifest.targets.iter().enumerate() {
        let values = series.column(name).map(|column| column.values.as_slice()).unwrap_or_default();
        for (row, value) in values.iter().enumerate() {
            cells[row * per_row + at] = *value;
        }
        for row in imputed.get(name).into_iter().flatten() {
            if let Some(cell) = cells.get_mut(*row as usize * per_row + at) {
                *cell = f64::NAN;
            }
        }
    }
    cells
}
