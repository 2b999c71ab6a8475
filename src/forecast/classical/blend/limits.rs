//! What no forecast may leave: the range of the rows, once more on both sides, and zero where the rows never fell below it.

use serde::{Deserialize, Serialize};

/// The lowest and the highest forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    low: f64,
    high: f64,
}

impl Limits {
    /// Of rows; `non_negative` keeps a target that was never negative at or above zero.
    pub fn of(values: &[f64], non_negative: bool) -> Limits {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = most - least;
        let low = least - range;
        Limits { low: if non_negative { low.max(0.0) } else { low }, high: most + range }
    }

    /// The values within the limits.
    pub fn clip(&self, mut values: Vec<f64>) -> Vec<f64> {
        // max and min, because a NaN limit must not panic
        values.iter_mut().for_each(|value| *value = value.max(self.low).min(self.high));
        values
    }
}
