//! The length of season that the data suggest themselves: the first high peak of the autocorrelation.

use crate::forecast::classical::numeric::moving_average::centred_moving_average;
use crate::forecast::classical::numeric::statistics::{line, mean};

/// Longest length that is looked for.
const LENGTH_MAX: usize = 1_100;

/// Longest moving average that the trend is taken out with.
const TREND_ROWS_MAX: usize = 1_500;

/// Least height of a peak, also above the lowest autocorrelation before it.
const PEAK_MIN: f64 = 0.3;

/// A peak counts if it is at least this share of the highest.
const PEAK_SHARE: f64 = 0.9;

/// The smallest length with a high peak.
pub fn period_of(values: &[f64]) -> Option<usize> {
    let rows = values.len();
    let longest = (rows / 3).min(LENGTH_MAX);
    if longest < 6 {
        return None;
    }
    let around = without_trend(values);
    let longest = longest.min(around.len() / 2);
    let correlations = autocorrelations(&around, longest)?;
    let mut lowest = f64::INFINITY;
    let mut peaks = Vec::new();
    for lag in 0..longest.saturating_sub(1) {
        let here = correlations[lag];
        let is_peak = lag >= 3 && here > correlations[lag - 1] && here >= correlations[lag + 1];
        if is_peak && here > PEAK_MIN && here - lowest > PEAK_MIN {
            peaks.push((lag, here));
        }
        lowest = lowest.min(here);
    }
    let highest = peaks.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    peaks.iter().find(|(_, height)| *height >= PEAK_SHARE * highest).map(|(lag, _)| *lag)
}

fn without_trend(values: &[f64]) -> Vec<f64> {
    let rows = values.len();
    let length = (rows / 3).min(TREND_ROWS_MAX);
    if rows > 60 && rows + 1 > 3 * length {
        let averages = centred_moving_average(values, length | 1);
        let pairs = values.iter().zip(&averages).filter(|(_, average)| average.is_finite());
        return pairs.map(|(value, average)| value - average).collect();
    }
    let (start, slope) = line(values);
    values.iter().enumerate().map(|(row, value)| value - start - slope * row as f64).collect()
}

/// The autocorrelations of lags below `lags`; none of a constant.
fn autocorrelations(values: &[f64], lags: usize) -> Option<Vec<f64>> {
    let middle = mean(values);
    let around: Vec<f64> = values.iter().map(|value| value - middle).collect();
    let square: f64 = around.iter().map(|value| value * value).sum();
    if square <= 0.0 {
        return None;
    }
    let product = |lag: usize| around[lag..].iter().zip(&around).map(|(now, then)| now * then).sum::<f64>();
    Some((0..lags).map(|lag| product(lag) / square).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_of_a_noiseless_sine_is_found() {
        let sine: Vec<f64> = (0..400).map(|row| (std::f64::consts::TAU * f64::from(row) / 25.0).sin()).collect();
        assert_eq!(period_of(&sine), Some(25));
    }

    #[test]
    fn a_line_and_a_constant_have_none() {
        assert_eq!(period_of(&vec![3.0; 100]), None);
        assert_eq!(period_of(&(0..100).map(f64::from).collect::<Vec<_>>()), None);
    }
}
