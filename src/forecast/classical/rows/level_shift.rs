//! A level that jumped after the fit and stayed: the rows before the jump are brought to the new level, so that no method goes back to
//! the old one.

use crate::forecast::classical::numeric::statistics::{mean, quantile};

/// Rows on both sides of a jump that are compared; at least a season.
const WINDOW_ROWS_MIN: usize = 24;

/// A jump is this many times larger than what 95 of 100 places of the rows have.
const USUAL_JUMPS: f64 = 3.0;

/// Brings the rows before the largest jump at or after row `from` to the level after it, where it is one. Answers with its row.
pub fn settle_level(values: &mut [f64], from: usize, season: usize) -> Option<usize> {
    let window = season.max(WINDOW_ROWS_MIN);
    if values.len() < 6 * window || from + window > values.len() {
        return None;
    }
    let jumps = jumps(values, window);
    let size = |row: usize| jumps[row - window].abs();
    let candidates = from.max(window)..=values.len() - window;
    let row = candidates.max_by(|a, b| size(*a).total_cmp(&size(*b)))?;
    let elsewhere: Vec<f64> =
        (window..=values.len() - window).filter(|other| other.abs_diff(row) >= window).map(size).collect();
    let (before, after) = (&values[row - window..row], &values[row..row + window]);
    let spread = |part: &[f64]| quantile(part, 0.95) - quantile(part, 0.05);
    if size(row) <= USUAL_JUMPS * quantile(&elsewhere, 0.95) || size(row) <= spread(before) {
        return None;
    }
    let (old, new) = (mean(before), mean(after));
    let growth = spread(after) / spread(before);
    let factor = new / old;
    // a season that grew like the level was multiplied
    let multiplied =
        old * new > 0.0 && growth > 0.0 && growth.is_finite() && (growth / factor).ln().abs() < growth.ln().abs();
    for value in &mut values[..row] {
        *value = if multiplied { *value * factor } else { *value + new - old };
    }
    Some(row)
}

/// The mean of the `window` rows from each row on less that of the rows before it, from row `window` on.
fn jumps(values: &[f64], window: usize) -> Vec<f64> {
    let anchor = values.first().copied().unwrap_or(0.0);
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value - anchor;
        sums.push(sum);
    }
    let jump = |row: usize| (sums[row + window] - 2.0 * sums[row] + sums[row - window]) / window as f64;
    (window..=values.len() - window).map(jump).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn day(row: usize) -> f64 {
        100.0 + 20.0 * (TAU * row as f64 / 24.0).sin() + ((row * 7_919) % 13) as f64 * 0.3
    }

    #[test]
    fn a_level_that_tripled_is_found_and_the_season_grows_with_it() {
        let mut values: Vec<f64> = (0..600).map(|row| if row >= 500 { 3.0 * day(row) } else { day(row) }).collect();
        let row = settle_level(&mut values, 400, 24).expect("a jump");
        assert!(row.abs_diff(500) <= 6, "{row}");
        let error = (0..490).map(|row| (values[row] - 3.0 * day(row)).abs()).fold(0.0, f64::max);
        assert!(error < 20.0, "{error} of 300");
    }

    #[test]
    fn a_level_that_was_raised_keeps_its_season() {
        let mut values: Vec<f64> = (0..600).map(|row| if row >= 500 { day(row) + 300.0 } else { day(row) }).collect();
        assert!(settle_level(&mut values, 400, 24).is_some());
        assert!((values[100] - day(100) - 300.0).abs() < 5.0, "{}", values[100]);
    }

    #[test]
    fn what_the_fit_has_seen_and_what_is_usual_stays() {
        let early: Vec<f64> = (0..600).map(|row| if row >= 300 { 3.0 * day(row) } else { day(row) }).collect();
        let line: Vec<f64> = (0..600).map(|row| row as f64).collect();
        let season: Vec<f64> = (0..600).map(day).collect();
        for mut values in [early, line, season] {
            let before = values.clone();
            assert_eq!(settle_level(&mut values, 400, 24), None);
            assert_eq!(values, before);
        }
    }
}
