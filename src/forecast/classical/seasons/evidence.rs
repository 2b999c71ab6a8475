//! Whether the data have a season of a given length: autocorrelation, share of variance, gain on rows that were held out.

use crate::forecast::classical::numeric::moving_average::centred_moving_average;
use crate::forecast::classical::numeric::statistics::{autocorrelation, mean, variance};

/// The least autocorrelation at the season's length.
const AUTOCORRELATION_MIN: f64 = 0.1;

/// The least share of variance that a second season must explain.
const STRENGTH_MIN: f64 = 0.05;

/// The share of rows that are held out to see whether the season helps.
const HELD_OUT_SHARE: f64 = 0.25;

/// A share of the series' variance that is nothing but rounding.
const ROUNDING_SHARE: f64 = 1e-12;

/// Seasons before the held-out rows that its indices are the mean of.
const CYCLES: usize = 8;

/// A series that seasons are taken out of, one by one.
pub struct Evidence {
    /// What is left of the series.
    residual: Vec<f64>,
    /// A variance at or below this is rounding.
    rounding: f64,
    /// Lengths that were found, in the order in which they were.
    pub found: Vec<usize>,
}

impl Evidence {
    /// Starts with the whole series.
    pub fn of(values: Vec<f64>) -> Evidence {
        let rounding = ROUNDING_SHARE * variance(&values);
        Evidence { residual: values, rounding, found: Vec::new() }
    }

    /// Whether there is a season of `length` rows; it is then taken out.
    pub fn accepts(&mut self, length: usize) -> bool {
        let rows = self.residual.len();
        if length < 2 || rows < 2 * length + (length / 4).max(4) {
            return false;
        }
        let averages = centred_moving_average(&self.residual, length);
        let first = length / 2;
        let around: Vec<f64> = self.residual[first..rows - first]
            .iter()
            .zip(&averages[first..rows - first])
            .map(|(value, average)| value - average)
            .collect();
        if around.len() < length + 4 || variance(&around) <= self.rounding {
            return false;
        }
        let least = AUTOCORRELATION_MIN.max(2.0 / (around.len() as f64).sqrt());
        if autocorrelation(&around, length) <= least {
            return false;
        }
        if !self.found.is_empty() && strength(&around, length) <= STRENGTH_MIN {
            return false;
        }
        if held_out_gain(&around, length).is_some_and(|gain| gain <= 0.0) {
            return false;
        }
        self.take_out(&around, first, length);
        self.found.push(length);
        true
    }

    fn take_out(&mut self, around: &[f64], first: usize, length: usize) {
        let mut indices = phase_averages(around, first, length);
        let middle = mean(&indices);
        indices.iter_mut().for_each(|index| *index -= middle);
        for (row, value) in self.residual.iter_mut().enumerate() {
            *value -= indices[row % length];
        }
    }
}

/// Means by phase, where the first value has row number `first`.
fn phase_averages(values: &[f64], first: usize, length: usize) -> Vec<f64> {
    let mut sums = vec![0.0; length];
    let mut counts = vec![0.0; length];
    for (at, value) in values.iter().enumerate() {
        sums[(first + at) % length] += value;
        counts[(first + at) % length] += 1.0;
    }
    sums.iter().zip(&counts).map(|(sum, count)| if *count > 0.0 { sum / count } else { 0.0 }).collect()
}

/// The share of variance that phase means explain, adjusted for their number.
fn strength(values: &[f64], length: usize) -> f64 {
    let rows = values.len();
    if rows * 2 <= length * 3 {
        return 0.0;
    }
    let indices = phase_averages(values, 0, length);
    let left: Vec<f64> = values.iter().enumerate().map(|(row, value)| value - indices[row % length]).collect();
    1.0 - variance(&left) * rows as f64 / (rows - length).max(1) as f64 / variance(values).max(1e-300)
}

/// By which share the season's indices lessen the absolute error on the last rows; none where the rows do not last for that.
fn held_out_gain(values: &[f64], length: usize) -> Option<f64> {
    let held_out = ((values.len() as f64 * HELD_OUT_SHARE) as usize).max(length.min(values.len() / 3));
    let seen = values.len() - held_out;
    if seen < 2 * length {
        return None;
    }
    let from = seen.saturating_sub(CYCLES * length);
    let indices = phase_averages(&values[from..seen], from, length);
    let (mut with, mut without) = (0.0, 0.0);
    for (at, value) in values[seen..].iter().enumerate() {
        with += (value - indices[(seen + at) % length]).abs();
        without += value.abs();
    }
    (without > 0.0).then_some(1.0 - with / without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_season_is_accepted_once_and_taken_out() {
        let values: Vec<f64> =
            (0..200).map(|row| f64::from(row) + [0.0, 9.0, 1.0, 4.0, 7.0][row as usize % 5]).collect();
        let mut evidence = Evidence::of(values);
        assert!(evidence.accepts(5));
        assert!(!evidence.accepts(5), "nothing is left of it");
        assert!(!evidence.accepts(7));
        assert_eq!(evidence.found, [5]);
    }

    #[test]
    fn too_few_rows_have_no_season() {
        let values: Vec<f64> = (0..20).map(|row| f64::from(row % 12)).collect();
        assert!(!Evidence::of(values).accepts(12));
    }
}
