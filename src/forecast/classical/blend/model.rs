//! A fitted blend and its forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::{FittedMethod, Method};
use crate::forecast::classical::rows::History;

use super::intervals::Intervals;
use super::limits::Limits;

/// A member of a blend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its method.
    pub name: Method,
    /// Its share.
    pub weight: f64,
    /// Fitted on all rows.
    pub method: FittedMethod,
}

/// How a method did on the rolling origins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodScore {
    /// The method.
    pub method: Method,
    /// Mean absolute error over all origins and steps; none where it could not be scored.
    pub mae: Option<f64>,
    /// Why it could not.
    pub reason: Option<String>,
}

/// The weighted mean of its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// The best first.
    pub members: Vec<Member>,
    /// Every method that was tried.
    pub scores: Vec<MethodScore>,
    /// How far the forecasts were off on the rolling origins.
    pub intervals: Intervals,
}

impl Blend {
    /// The weighted mean of the members' clipped forecasts. A member that cannot answer is left out; the others share its weight.
    ///
    /// # Errors
    /// [`MethodError`] of the best member where none can answer.
    pub fn forecast(&self, history: &History, steps: usize, limits: &Limits) -> Result<Vec<f64>, MethodError> {
        let mut sums = vec![0.0; steps];
        let mut weight = 0.0;
        let mut first_error = None;
        for member in &self.members {
            match member.method.forecast(history, steps) {
                Ok(values) => {
                    let clipped = limits.clip(values);
                    sums.iter_mut().zip(clipped).for_each(|(sum, value)| *sum += member.weight * value);
                    weight += member.weight;
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        if weight <= 0.0 {
            return Err(first_error.unwrap_or_else(|| MethodError::Rows("the blend has no member".into())));
        }
        Ok(sums.into_iter().map(|sum| sum / weight).collect())
    }
}
