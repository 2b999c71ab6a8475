//! A fitted model of STL and a small method.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::autoregression::Autoregression;
use crate::forecast::classical::methods::ets::Ets;
use crate::forecast::classical::methods::setup::Setup;
use crate::forecast::classical::methods::theta::Theta;
use crate::forecast::classical::numeric::log_scale::LogScale;
use crate::forecast::classical::rows::{Decomposition, History};
use crate::forecast::classical::work::Work;

use super::decompose::{decomposed, decomposition};

/// The method that forecasts what is left without the seasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendMethod {
    /// Exponential smoothing without a season.
    Ets,
    /// The Theta method.
    Theta,
    /// Autoregression.
    Ar,
}

/// The fitted method of what is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TrendModel {
    Ets(Ets),
    Theta(Theta),
    Ar(Autoregression),
}

/// Seasons by STL, the rest by a small method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mstl {
    scale: LogScale,
    seasons: Vec<usize>,
    trend: TrendModel,
}

impl Mstl {
    /// Whether its parts fit each other.
    pub fn is_sound(&self) -> bool {
        let is_trend_sound = match &self.trend {
            TrendModel::Ets(model) => model.is_sound(),
            TrendModel::Theta(model) => model.is_sound(),
            TrendModel::Ar(_) => true,
        };
        is_trend_sound && self.seasons.iter().all(|season| *season > 0)
    }

    /// Takes the seasons out and fits the method on what is left.
    ///
    /// # Errors
    /// [`MethodError::Data`] where no season has two cycles in the rows, [`MethodError::Cancelled`].
    pub fn fit(history: &History, setup: &Setup, method: TrendMethod, work: &mut Work) -> Result<Mstl, MethodError> {
        let scale = LogScale::of(&history.values);
        let Some(parts) = decomposed(history, scale, &setup.seasons, work)? else {
            return Err(MethodError::Data(format!("the {} rows hold no season twice", history.rows())));
        };
        let values = &parts.adjusted;
        let trend = match method {
            TrendMethod::Ets => TrendModel::Ets(Ets::fit_values(values, 1, work)?),
            TrendMethod::Theta => TrendModel::Theta(Theta::fit_values(values, 1, work)?),
            TrendMethod::Ar => TrendModel::Ar(Autoregression::fit(values, work)?),
        };
        Ok(Mstl { scale, seasons: setup.seasons.clone(), trend })
    }

    /// Decomposes the rows anew; parameters of what is left are those of the fit, its start is estimated on the rows.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        let parts = decomposition(history, self.scale, &self.seasons);
        let whole;
        let adjusted = match parts {
            Some(parts) => &parts.adjusted,
            None => {
                whole = self.scale.apply(&history.values);
                &whole
            }
        };
        let mut values = match &self.trend {
            TrendModel::Ets(model) => model.forecast_anew(adjusted, steps),
            TrendModel::Theta(model) => model.forecast_anew(adjusted, steps),
            TrendModel::Ar(model) => model.forecast(adjusted, steps),
        };
        if let Some(parts) = parts {
            add_seasons(parts, &self.fitting(history.rows()), &mut values);
        }
        self.scale.all_back(values)
    }

    /// The seasons that have two cycles in so many rows.
    fn fitting(&self, rows: usize) -> Vec<usize> {
        self.seasons.iter().copied().filter(|season| *season > 1 && 2 * season <= rows).collect()
    }
}

/// Adds the last cycle of every season, again and again.
fn add_seasons(parts: &Decomposition, seasons: &[usize], values: &mut [f64]) {
    for (component, season) in parts.seasonal.iter().zip(seasons) {
        let from = component.len() - season;
        for (step, value) in values.iter_mut().enumerate() {
            *value += component[from + step % season];
        }
    }
}
