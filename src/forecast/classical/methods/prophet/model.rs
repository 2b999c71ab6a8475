//! A fitted Prophet and its forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::autoregression::Autoregression;
use crate::forecast::classical::methods::method::ROWS_MAX;
use crate::forecast::classical::numeric::gram::Gram;
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::bilinear::{BilinearRows, bilinear_maximum};
use super::design::Design;
use super::maximum::maximum;
use super::posterior::{Point, Posterior};
use super::settings::{ProphetSettings, TermMode};

/// Fewest rows.
const ROWS_MIN: usize = 10;

/// Rows whose columns are made at once.
const CHUNK_ROWS: usize = 4_096;

/// A fitted Prophet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prophet {
    design: Design,
    mode: TermMode,
    /// Values are divided by this: the largest absolute one.
    scale: f64,
    weights: Vec<f64>,
    /// Variance of the noise on scaled values.
    noise_variance: f64,
    /// The log posterior at the maximum, up to a constant, as Stan counts it.
    log_posterior: f64,
    /// The autoregression of the residuals, in the target's own unit.
    residuals: Option<Autoregression>,
}

impl Prophet {
    /// Maximises the posterior.
    ///
    /// # Errors
    /// [`MethodError::Settings`], [`MethodError::Data`] below ten rows, [`MethodError::Diverged`], [`MethodError::Cancelled`].
    pub fn fit(history: &History, settings: &ProphetSettings, work: &mut Work) -> Result<Prophet, MethodError> {
        settings.check()?;
        if history.rows() < ROWS_MIN {
            return Err(MethodError::Data(format!("PROPHET needs {ROWS_MIN} rows, there are {}", history.rows())));
        }
        let design = Design::of(history, settings)?;
        let largest = history.values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        let outputs: Vec<f64> = history.values.iter().map(|value| value / scale).collect();
        let (point, log_posterior) = match settings.mode {
            TermMode::Additive => additive(history, &design, settings, &outputs, work)?,
            TermMode::Multiplicative => multiplicative(history, &design, settings, &outputs, work)?,
        };
        let mut model = Prophet {
            design,
            mode: settings.mode,
            scale,
            weights: point.weights,
            noise_variance: point.noise_variance,
            log_posterior,
            residuals: None,
        };
        if settings.follow_rows {
            let residuals = model.residuals_of(&history.last_rows(ROWS_MAX));
            // too few rows for an autoregression leave the original's forecast
            model.residuals = match Autoregression::fit(&residuals, work) {
                Ok(fitted) => Some(fitted),
                Err(MethodError::Cancelled) => return Err(MethodError::Cancelled),
                Err(_) => None,
            };
        }
        Ok(model)
    }

    /// Whether its parts fit each other.
    pub fn is_sound(&self) -> bool {
        self.weights.len() == self.design.columns()
    }

    /// Trend and seasons at a time, the original's `yhat`, in the target's own unit; `known` answers with the cell of a known column.
    pub fn value_at(&self, time_ms: i64, known: impl Fn(usize) -> f64) -> f64 {
        let mut row = Vec::with_capacity(self.weights.len());
        self.design.push(time_ms, known, &mut row);
        let trend_columns = self.design.trend_columns();
        let part = |columns: std::ops::Range<usize>| -> f64 {
            self.weights[columns.clone()].iter().zip(&row[columns]).map(|(weight, column)| weight * column).sum()
        };
        let (trend, terms) = (part(0..trend_columns), part(trend_columns..row.len()));
        self.scale
            * match self.mode {
                TermMode::Additive => trend + terms,
                TermMode::Multiplicative => trend * (1.0 + terms),
            }
    }

    /// Trend and seasons of the fit, and the autoregression of the residuals of the history's rows.
    ///
    /// # Errors
    /// [`MethodError::Rows`] where a known column lacks its future.
    pub fn forecast(&self, history: &History, steps: usize) -> Result<Vec<f64>, MethodError> {
        self.design.check_known(history, steps)?;
        let recent = history.last_rows(ROWS_MAX);
        let residuals = match &self.residuals {
            Some(model) => model.forecast(&self.residuals_of(&recent), steps),
            None => vec![0.0; steps],
        };
        let rows = history.rows();
        let value = |step: usize| {
            self.value_at(history.wall_ms(rows + step - 1), |place| history.known[place][rows + step - 1])
                + residuals[step - 1]
        };
        Ok((1..=steps).map(value).collect())
    }

    /// The log posterior at the maximum, up to a constant, as Stan counts it.
    pub fn log_posterior(&self) -> f64 {
        self.log_posterior
    }

    /// Standard deviation of the noise, in the target's own unit.
    pub fn noise_deviation(&self) -> f64 {
        self.noise_variance.sqrt() * self.scale
    }

    fn residuals_of(&self, history: &History) -> Vec<f64> {
        let missed = |(row, value): (usize, &f64)| {
            value - self.value_at(history.wall_ms(row), |place| history.known[place][row])
        };
        history.values.iter().enumerate().map(missed).collect()
    }
}

fn additive(
    history: &History,
    design: &Design,
    settings: &ProphetSettings,
    outputs: &[f64],
    work: &mut Work,
) -> Result<(Point, f64), MethodError> {
    let width = design.columns();
    let mut gram = Gram::new(width);
    let mut columns = Vec::with_capacity(CHUNK_ROWS.min(outputs.len()) * width);
    for (chunk, outputs) in outputs.chunks(CHUNK_ROWS).enumerate() {
        work.spend(outputs.len() * width * width)?;
        columns.clear();
        for row in chunk * CHUNK_ROWS..chunk * CHUNK_ROWS + outputs.len() {
            design.push(history.wall_ms(row), |place| history.known[place][row], &mut columns);
        }
        gram.add(&columns, outputs);
    }
    let square = outputs.iter().map(|output| output * output).sum();
    let posterior = Posterior::new(
        &gram,
        square,
        outputs.len(),
        design.trend_columns(),
        &design.term_deviations(settings),
        settings.changepoint_prior_scale,
    );
    let point = maximum(&posterior, work)?;
    let value = posterior.log_value(&point);
    Ok((point, value))
}

fn multiplicative(
    history: &History,
    design: &Design,
    settings: &ProphetSettings,
    outputs: &[f64],
    work: &mut Work,
) -> Result<(Point, f64), MethodError> {
    let mut columns = Vec::with_capacity(outputs.len() * design.columns());
    for row in 0..outputs.len() {
        design.push(history.wall_ms(row), |place| history.known[place][row], &mut columns);
    }
    let rows = BilinearRows {
        columns: &columns,
        outputs,
        trend_columns: design.trend_columns(),
        deviations: &design.term_deviations(settings),
        change_scale: settings.changepoint_prior_scale,
    };
    bilinear_maximum(&rows, work)
}
