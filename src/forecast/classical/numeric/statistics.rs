//! Mean, spread, quantiles, autocorrelation.

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The variance around the mean, by the number of values.
pub fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle) * (value - middle)).sum::<f64>() / values.len().max(1) as f64
}

/// The `share`-quantile (0 to 1), linear between neighbours; NaN values are left out, NaN of nothing.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut found: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let Some(last) = found.len().checked_sub(1) else { return f64::NAN };
    let at = share.clamp(0.0, 1.0) * last as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    // as if they were sorted, without the rest of the sorting
    let (_, lower, above) = found.select_nth_unstable_by(below, f64::total_cmp);
    let upper = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*lower);
    *lower + part * (upper - *lower)
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The correlation of a series with itself `lag` rows earlier; 0 where it is constant or too short.
pub fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let middle = mean(values);
    let square: f64 = values.iter().map(|value| (value - middle) * (value - middle)).sum();
    if square <= 0.0 || lag >= values.len() {
        return 0.0;
    }
    let product: f64 = values[lag..].iter().zip(values).map(|(now, then)| (now - middle) * (then - middle)).sum();
    product / square
}

/// The least-squares line of a series over its row numbers: its value at row 0, and its slope per row.
pub fn line(values: &[f64]) -> (f64, f64) {
    let centre = (values.len() as f64 - 1.0) / 2.0;
    let middle = mean(values);
    let (mut cross, mut square) = (0.0, 0.0);
    for (row, value) in values.iter().enumerate() {
        let x = row as f64 - centre;
        cross += x * (value - middle);
        square += x * x;
    }
    let slope = if square > 0.0 { cross / square } else { 0.0 };
    (middle - slope * centre, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours_and_leave_out_what_is_no_number() {
        let values = [4.0, f64::NAN, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.5, 0.75, 1.0].map(|share| quantile(&values, share)), [1.0, 2.5, 3.25, 4.0]);
        assert!(quantile(&[f64::NAN], 0.5).is_nan());
    }
}
