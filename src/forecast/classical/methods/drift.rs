//! The straight line from the first row to the last, continued.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::rows::History;

/// The line through the first and the last row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Change per row over the fit; used where a request has a single row.
    slope: f64,
}

impl Drift {
    /// The mean change from row to row.
    ///
    /// # Errors
    /// [`MethodError::Data`] below two rows.
    pub fn fit(history: &History) -> Result<Drift, MethodError> {
        match slope(&history.values) {
            Some(slope) => Ok(Drift { slope }),
            None => Err(MethodError::Data("a drift needs two rows".into())),
        }
    }

    /// The last value and the mean change of the history's rows.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        let slope = slope(&history.values).unwrap_or(self.slope);
        (1..=steps).map(|step| history.last() + slope * step as f64).collect()
    }
}

fn slope(values: &[f64]) -> Option<f64> {
    match values {
        [first, .., last] => Some((last - first) / (values.len() - 1) as f64),
        _ => None,
    }
}
