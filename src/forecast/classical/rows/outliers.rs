//! Cells that no scale may be decided by: a typing mistake of 1e9 among hundreds.

use crate::forecast::classical::numeric::statistics::{median, quantile};

/// A cell is an outlier this many times the usual spread away from both the middle of the series and its neighbours.
const SPREADS: f64 = 50.0;

/// Rows before and after a cell that count as its neighbours.
const NEIGHBOURS: usize = 5;

/// More than this share of cells is no mistake but what the series does.
const SHARE_MAX: f64 = 0.01;

/// The values with outliers as missing cells.
pub fn without_outliers(values: &[f64]) -> Vec<f64> {
    let middle = median(values);
    let spread = quantile(values, 0.95) - quantile(values, 0.05);
    let mut cleaned = values.to_vec();
    if !(spread > 0.0 && spread.is_finite()) {
        return cleaned;
    }
    let far: Vec<usize> = (0..values.len()).filter(|row| (values[*row] - middle).abs() > SPREADS * spread).collect();
    if far.len() as f64 > SHARE_MAX * values.len() as f64 + 1.0 {
        return cleaned;
    }
    for row in far {
        let around = &values[row.saturating_sub(NEIGHBOURS)..(row + NEIGHBOURS + 1).min(values.len())];
        if (values[row] - median(around)).abs() > SPREADS * spread {
            cleaned[row] = f64::NAN;
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_of_a_billion_is_missing_and_a_level_shift_stays() {
        let mut values: Vec<f64> = (0..200).map(|row| f64::from(row % 10)).collect();
        values[50] = 1e9;
        let cleaned = without_outliers(&values);
        assert!(cleaned[50].is_nan());
        assert_eq!(cleaned.iter().filter(|value| value.is_nan()).count(), 1);
        let shifted: Vec<f64> =
            (0..200).map(|row| f64::from(row % 10) + if row > 180 { 3000.0 } else { 0.0 }).collect();
        assert!(without_outliers(&shifted).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn a_constant_series_has_no_outlier() {
        let mut values = vec![5.0; 50];
        values[20] = 6.0;
        assert_eq!(without_outliers(&values), values);
    }
}
