//! A fitted lag ridge and its forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::seasonal_naive::season_ago;
use crate::forecast::classical::methods::setup::Setup;
use crate::forecast::classical::numeric::log_scale::LogScale;
use crate::forecast::classical::numeric::statistics::{mean, variance};
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::inputs::Source;
use super::layout::Layout;
use super::penalty::{coefficients, dot};

/// Fewest equations of a step.
const EQUATIONS_MIN: usize = 12;

/// Most known columns that are inputs: those that go with the target most.
const KNOWN_MAX: usize = 10;

/// The regression of one step ahead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StepRegression {
    seasonal_lags: Vec<usize>,
    /// On the inputs as they are; the first one is the constant.
    coefficients: Vec<f64>,
}

/// Ridge regression, one per step ahead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagRidge {
    scale: LogScale,
    layout: Layout,
    steps: Vec<StepRegression>,
}

impl LagRidge {
    /// Fits `setup.horizon` regressions.
    ///
    /// # Errors
    /// [`MethodError::Data`] where there are too few rows for the lags, [`MethodError::Cancelled`].
    pub fn fit(history: &History, setup: &Setup, work: &mut Work) -> Result<LagRidge, MethodError> {
        let scale = LogScale::of(&history.values);
        let known = strongest_known(history);
        let layout = Layout::of(history.rows(), &setup.seasons, &history.steps, known);
        let source = Source::of(history, scale.apply(&history.values), setup.horizon);
        let mut steps = Vec::with_capacity(setup.horizon);
        for step in 1..=setup.horizon {
            steps.push(fit_step(&source, &layout, step, work)?);
        }
        Ok(LagRidge { scale, layout, steps })
    }

    /// Whether its parts fit each other.
    pub fn is_sound(&self) -> bool {
        self.layout.level_rows > 0 && self.layout.seasons.iter().all(|season| *season > 0)
    }

    /// The direct forecasts; beyond the last fitted step the last season of the answer again and again.
    ///
    /// # Errors
    /// [`MethodError::Rows`] where there are too few rows, or a known column without its future.
    pub fn forecast(&self, history: &History, steps: usize) -> Result<Vec<f64>, MethodError> {
        let direct = steps.min(self.steps.len());
        let source = Source::of(history, self.scale.apply(&history.values), direct);
        source.check_known(&self.layout, direct)?;
        let Some(origin) = history.rows().checked_sub(1) else {
            return Err(MethodError::Rows("the ridge needs rows to start from".into()));
        };
        let level = source.level(origin, self.layout.level_rows);
        let mut values = history.values.clone();
        for (at, regression) in self.steps.iter().take(direct).enumerate() {
            let needed = self.layout.first_origin(at + 1, &regression.seasonal_lags);
            if origin < needed {
                return Err(MethodError::Rows(format!(
                    "the ridge needs {} rows, there are {}",
                    needed + 1,
                    origin + 1
                )));
            }
            let mut inputs = Vec::with_capacity(regression.coefficients.len());
            source.push(&self.layout, origin, at + 1, &regression.seasonal_lags, &mut inputs);
            values.push(self.scale.back(level + dot(&regression.coefficients, &inputs)));
        }
        let season = self.layout.seasons.last().copied().unwrap_or(1);
        while values.len() < history.rows() + steps {
            values.push(season_ago(&values, season, 0));
        }
        Ok(values.split_off(history.rows()))
    }
}

fn fit_step(source: &Source, layout: &Layout, step: usize, work: &mut Work) -> Result<StepRegression, MethodError> {
    let rows = source.scaled.len();
    let seasonal_lags = layout.seasonal_lags(rows, step);
    let first = layout.first_origin(step, &seasonal_lags);
    if rows < first + step + EQUATIONS_MIN {
        return Err(MethodError::Data(format!(
            "the ridge needs {} rows for step {step}, there are {rows}",
            first + step + EQUATIONS_MIN
        )));
    }
    let mut inputs = Vec::new();
    let mut outputs = Vec::with_capacity(rows - step - first);
    for origin in first..rows - step {
        source.push(layout, origin, step, &seasonal_lags, &mut inputs);
        outputs.push(source.scaled[origin + step] - source.level(origin, layout.level_rows));
    }
    let width = inputs.len() / outputs.len();
    work.spend(inputs.len() * width)?;
    match coefficients(&mut inputs, &outputs, width, step) {
        Some(coefficients) => Ok(StepRegression { seasonal_lags, coefficients }),
        None => Err(MethodError::Data(format!("the ridge's equations of step {step} have no solution"))),
    }
}

/// The known columns that go with the target most, in their order.
fn strongest_known(history: &History) -> Vec<usize> {
    let rows = history.rows();
    let middle = mean(&history.values);
    let strength = |column: &[f64]| {
        let of_column = mean(&column[..rows]);
        let cross: f64 = column[..rows].iter().zip(&history.values).map(|(x, y)| (x - of_column) * (y - middle)).sum();
        cross.abs() / (rows as f64 * (variance(&column[..rows]) * variance(&history.values)).sqrt()).max(1e-300)
    };
    let mut ranked: Vec<(f64, usize)> = history
        .known
        .iter()
        .enumerate()
        .filter(|(_, column)| column.iter().all(|value| value.is_finite()) && variance(&column[..rows]) > 0.0)
        .map(|(place, column)| (strength(column), place))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut places: Vec<usize> = ranked.into_iter().take(KNOWN_MAX).map(|(_, place)| place).collect();
    places.sort_unstable();
    places
}
