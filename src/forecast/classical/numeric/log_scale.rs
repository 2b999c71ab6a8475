//! Logs where every value is positive, the values themselves elsewhere.

use serde::{Deserialize, Serialize};

/// The largest exponent that is taken back: beyond it numbers are infinite.
const EXPONENT_MAX: f64 = 700.0;

/// The scale that a method computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogScale {
    /// Natural logs.
    Logs,
    /// The values themselves.
    Plain,
}

impl LogScale {
    /// Logs if every value is positive.
    pub fn of(values: &[f64]) -> LogScale {
        if values.iter().all(|value| *value > 0.0) { LogScale::Logs } else { LogScale::Plain }
    }

    /// Values on this scale; a value that has no log counts as the smallest one that has.
    pub fn apply(self, values: &[f64]) -> Vec<f64> {
        match self {
            LogScale::Plain => values.to_vec(),
            LogScale::Logs => {
                let positive = values.iter().copied().filter(|value| *value > 0.0);
                let floor = positive.fold(f64::INFINITY, f64::min);
                let floor = if floor.is_finite() { floor } else { 1.0 };
                values.iter().map(|value| value.max(floor).ln()).collect()
            }
        }
    }

    /// One number back in the values' own unit.
    pub fn back(self, value: f64) -> f64 {
        match self {
            LogScale::Plain => value,
            LogScale::Logs => value.min(EXPONENT_MAX).exp(),
        }
    }

    /// The same for many.
    pub fn all_back(self, mut values: Vec<f64>) -> Vec<f64> {
        values.iter_mut().for_each(|value| *value = self.back(*value));
        values
    }
}
