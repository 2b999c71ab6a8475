//! Level, slope and season, and how a row moves them.

use serde::{Deserialize, Serialize};

use super::form::{Form, Season, Smoothing, Trend};

/// A forecast at or below this is no base for a relative error, on values scaled to 1.
const RELATIVE_MIN: f64 = 1e-9;

/// What exponential smoothing knows after a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The level.
    pub level: f64,
    /// Change of the level per row.
    pub slope: f64,
    /// One index per phase; empty without a season.
    pub season: Vec<f64>,
    /// Phase of the next row.
    pub phase: usize,
}

impl State {
    /// The forecast of the next row and its error; the state moves on.
    pub fn step(&mut self, form: Form, smoothing: &Smoothing, value: f64) -> (f64, f64) {
        let slope = match form.trend {
            Trend::None => 0.0,
            Trend::Additive => self.slope,
            Trend::Damped => smoothing.damping * self.slope,
        };
        let base = self.level + slope;
        let index = self.season.get(self.phase).copied().unwrap_or(0.0);
        let forecast = match form.season {
            Season::None => base,
            Season::Additive => base + index,
            Season::Multiplicative => base * index,
        };
        let error = value - forecast;
        let (level_error, season_error) = match form.season {
            Season::None => (error, 0.0),
            Season::Additive => (error, error),
            Season::Multiplicative => (ratio(error, index, error), ratio(error, base, 0.0)),
        };
        self.level = base + smoothing.level * level_error;
        if form.trend != Trend::None {
            self.slope = slope + smoothing.level * smoothing.trend * level_error;
        }
        if form.season != Season::None
            && let Some(index) = self.season.get_mut(self.phase)
        {
            *index += smoothing.season * (1.0 - smoothing.level) * season_error;
            self.phase = (self.phase + 1) % self.season.len();
        }
        (forecast, error)
    }

    /// Moves along rows; answers with -2 log likelihood up to a constant, none where the form does not suit the rows.
    pub fn filter(&mut self, form: Form, smoothing: &Smoothing, values: &[f64]) -> Option<f64> {
        let mut fit = Likelihood::default();
        for value in values {
            let (forecast, error) = self.step(form, smoothing, *value);
            fit.add(form, forecast, error);
        }
        fit.value(values.len())
    }

    /// The next `steps` values, the state left as it is.
    pub fn forecast(&self, form: Form, smoothing: &Smoothing, steps: usize) -> Vec<f64> {
        let (mut reach, mut left) = (0.0, 1.0);
        (0..steps)
            .map(|step| {
                left *= smoothing.damping;
                reach += left;
                let base = match form.trend {
                    Trend::None => self.level,
                    Trend::Additive => self.level + self.slope * (step + 1) as f64,
                    Trend::Damped => self.level + self.slope * reach,
                };
                let index = || self.season[(self.phase + step) % self.season.len()];
                match form.season {
                    Season::None => base,
                    Season::Additive => base + index(),
                    Season::Multiplicative => base * index(),
                }
            })
            .collect()
    }
}

/// Sums of -2 log likelihood.
#[derive(Default)]
pub(super) struct Likelihood {
    square: f64,
    logs: f64,
    impossible: bool,
}

impl Likelihood {
    pub(super) fn add(&mut self, form: Form, forecast: f64, error: f64) {
        if form.relative_error {
            self.impossible |= forecast <= RELATIVE_MIN;
            let relative = error / forecast;
            self.square += relative * relative;
            self.logs += forecast.abs().ln();
        } else {
            self.square += error * error;
        }
    }

    pub(super) fn value(&self, rows: usize) -> Option<f64> {
        let rows = rows as f64;
        let value = rows * (self.square / rows).max(1e-300).ln() + 2.0 * self.logs;
        (!self.impossible && value.is_finite()).then_some(value)
    }
}

fn ratio(value: f64, by: f64, otherwise: f64) -> f64 {
    if by.abs() > 1e-9 { value / by } else { otherwise }
}
