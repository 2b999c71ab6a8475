//! A fitted model of exponential smoothing and its forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::setup::Setup;
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::fit::{SEASON_MAX, search};
use super::form::{Form, Season, Smoothing};
use super::start::{guess, refine};
use super::state::State;

/// Fewest rows.
const ROWS_MIN: usize = 4;

/// A fitted model: its form, its smoothing, and the state after the fit's last row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ets {
    /// Values are divided by this.
    scale: f64,
    /// Rows of the season; 1 without one.
    season_rows: usize,
    /// Which parts it has.
    pub form: Form,
    /// How fast they follow the rows.
    pub smoothing: Smoothing,
    end: State,
}

impl Ets {
    /// Fits the longest season of at most 24 rows.
    ///
    /// # Errors
    /// [`MethodError::Data`] below four rows, [`MethodError::Cancelled`].
    pub fn fit(history: &History, setup: &Setup, work: &mut Work) -> Result<Ets, MethodError> {
        let season = setup.seasons.iter().rev().find(|season| **season <= SEASON_MAX);
        Ets::fit_values(&history.values, season.copied().unwrap_or(1), work)
    }

    /// Fits values, with a season of `season_rows` (1 is none).
    ///
    /// # Errors
    /// As [`Ets::fit`].
    pub fn fit_values(values: &[f64], season_rows: usize, work: &mut Work) -> Result<Ets, MethodError> {
        if values.len() < ROWS_MIN {
            return Err(MethodError::Data(format!("ETS needs {ROWS_MIN} rows, there are {}", values.len())));
        }
        let scale = scale_of(values);
        let scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();
        match search(&scaled, season_rows, work)? {
            Some(found) => Ok(Ets { scale, season_rows, form: found.form, smoothing: found.smoothing, end: found.end }),
            None => Err(MethodError::Data("no form of ETS suits the rows".into())),
        }
    }

    /// Filters the state along the rows after the fit, or starts it anew where the rows do not run on from the fit.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        match history.rows_since_fit() {
            Some(rows) => self.forecast_after(rows, steps),
            None => self.forecast_anew(&history.values, steps),
        }
    }

    /// The forecast after rows that follow the fit's last one.
    pub fn forecast_after(&self, rows: &[f64], steps: usize) -> Vec<f64> {
        let mut state = self.end.clone();
        for row in rows {
            state.step(self.form, &self.smoothing, row / self.scale);
        }
        self.back(state.forecast(self.form, &self.smoothing, steps))
    }

    /// The forecast after any rows: smoothing as fitted, the start estimated on these rows.
    pub fn forecast_anew(&self, values: &[f64], steps: usize) -> Vec<f64> {
        let scaled: Vec<f64> = values.iter().map(|value| value / self.scale).collect();
        let guessed = guess(self.form, self.season_rows, &scaled);
        let end = match refine(self.form, &self.smoothing, &guessed, &scaled) {
            Some((_, end, _)) => end,
            None => {
                let mut state = guessed;
                for value in &scaled {
                    state.step(self.form, &self.smoothing, *value);
                }
                state
            }
        };
        self.back(end.forecast(self.form, &self.smoothing, steps))
    }

    /// Whether its parts fit each other.
    pub fn is_sound(&self) -> bool {
        self.season_rows > 0 && (self.form.season == Season::None || self.end.phase < self.end.season.len())
    }

    fn back(&self, values: Vec<f64>) -> Vec<f64> {
        values.into_iter().map(|value| value * self.scale).collect()
    }
}

/// The largest absolute value.
fn scale_of(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    if largest > 0.0 { largest } else { 1.0 }
}
