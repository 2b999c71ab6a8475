//! Any fitted method.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::autoregression::Autoregression;
use super::drift::Drift;
use super::ets::Ets;
use super::lag_ridge::LagRidge;
use super::method::Method;
use super::mstl::{Mstl, TrendMethod};
use super::naive::Naive;
use super::prophet::Prophet;
use super::seasonal_autoregression::SeasonalAutoregression;
use super::seasonal_naive::SeasonalNaive;
use super::setup::Setup;
use super::theta::Theta;

/// Any fitted method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FittedMethod {
    /// The last value.
    Naive(Naive),
    /// The line from the first row to the last.
    Drift(Drift),
    /// The value a season ago.
    SeasonalNaive(SeasonalNaive),
    /// Autoregression.
    Ar(Autoregression),
    /// Autoregression on seasonal differences.
    SeasonalAr(SeasonalAutoregression),
    /// Exponential smoothing.
    Ets(Ets),
    /// The Theta method.
    Theta(Theta),
    /// STL with a small method.
    Mstl(Mstl),
    /// Ridge regression.
    LagRidge(LagRidge),
    /// Prophet.
    Prophet(Box<Prophet>),
}

impl FittedMethod {
    /// Fits a method on the last rows of a history.
    ///
    /// # Errors
    /// [`MethodError::Data`] says why the rows do not allow the method; [`MethodError::Cancelled`].
    pub fn fit(method: Method, history: &History, setup: &Setup, work: &mut Work) -> Result<FittedMethod, MethodError> {
        let shortened;
        let history = if history.rows() > method.rows_max() {
            shortened = history.last_rows(method.rows_max());
            &shortened
        } else {
            history
        };
        work.spend(history.rows())?;
        match method {
            Method::Naive => Ok(FittedMethod::Naive(Naive)),
            Method::Drift => Drift::fit(history).map(FittedMethod::Drift),
            Method::SeasonalNaive => SeasonalNaive::fit(history, setup).map(FittedMethod::SeasonalNaive),
            Method::Ar => Autoregression::fit(&history.values, work).map(FittedMethod::Ar),
            Method::SeasonalAr => SeasonalAutoregression::fit(history, setup, work).map(FittedMethod::SeasonalAr),
            Method::Ets => Ets::fit(history, setup, work).map(FittedMethod::Ets),
            Method::Theta => Theta::fit(history, setup, work).map(FittedMethod::Theta),
            Method::MstlEts => Mstl::fit(history, setup, TrendMethod::Ets, work).map(FittedMethod::Mstl),
            Method::MstlTheta => Mstl::fit(history, setup, TrendMethod::Theta, work).map(FittedMethod::Mstl),
            Method::MstlAr => Mstl::fit(history, setup, TrendMethod::Ar, work).map(FittedMethod::Mstl),
            Method::LagRidge => LagRidge::fit(history, setup, work).map(FittedMethod::LagRidge),
            Method::Prophet => {
                Prophet::fit(history, &setup.prophet, work).map(|model| FittedMethod::Prophet(Box::new(model)))
            }
        }
    }

    /// Whether the parts of a model that was read fit each other.
    pub fn is_sound(&self) -> bool {
        match self {
            FittedMethod::Naive(_) | FittedMethod::Drift(_) | FittedMethod::Ar(_) => true,
            FittedMethod::SeasonalNaive(model) => model.is_sound(),
            FittedMethod::SeasonalAr(model) => model.is_sound(),
            FittedMethod::Ets(model) => model.is_sound(),
            FittedMethod::Theta(model) => model.is_sound(),
            FittedMethod::Mstl(model) => model.is_sound(),
            FittedMethod::LagRidge(model) => model.is_sound(),
            FittedMethod::Prophet(model) => model.is_sound(),
        }
    }

    /// The values of the next `steps` steps after the history, in the target's own unit, not clipped.
    ///
    /// # Errors
    /// [`MethodError::Rows`] where the rows do not fit the model, [`MethodError::Diverged`] where an answer is no number.
    pub fn forecast(&self, history: &History, steps: usize) -> Result<Vec<f64>, MethodError> {
        if history.rows() == 0 {
            return Err(MethodError::Rows("a forecast needs at least one row".into()));
        }
        let values = match self {
            FittedMethod::Naive(model) => model.forecast(history, steps),
            FittedMethod::Drift(model) => model.forecast(history, steps),
            FittedMethod::SeasonalNaive(model) => model.forecast(history, steps),
            FittedMethod::Ar(model) => model.forecast(&history.values, steps),
            FittedMethod::SeasonalAr(model) => model.forecast(history, steps),
            FittedMethod::Ets(model) => model.forecast(history, steps),
            FittedMethod::Theta(model) => model.forecast(history, steps),
            FittedMethod::Mstl(model) => model.forecast(history, steps),
            FittedMethod::LagRidge(model) => model.forecast(history, steps)?,
            FittedMethod::Prophet(model) => model.forecast(history, steps)?,
        };
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(step) => Err(MethodError::Diverged(format!("step {} of the forecast is no number", step + 1))),
        }
    }
}
