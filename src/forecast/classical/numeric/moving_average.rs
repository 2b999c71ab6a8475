//! The centred moving average: what is left of a series without its season.

/// The mean of `length` rows around each row, half weights at both ends where the length is even; NaN near the ends.
pub fn centred_moving_average(values: &[f64], length: usize) -> Vec<f64> {
    let mut averages = vec![f64::NAN; values.len()];
    let half = length / 2;
    if length == 0 || values.len() <= 2 * half {
        return averages;
    }
    // sums of deviations from the first value keep their digits on series with a large mean
    let anchor = values[0];
    let mut sums = Vec::with_capacity(values.len() + 1);
    sums.push(0.0);
    let mut sum = 0.0;
    for value in values {
        sum += value - anchor;
        sums.push(sum);
    }
    for row in half..values.len() - half {
        let total = if length % 2 == 1 {
            sums[row + half + 1] - sums[row - half]
        } else {
            let inner = sums[row + half] - sums[row - half + 1];
            inner + 0.5 * (values[row - half] + values[row + half] - 2.0 * anchor)
        };
        averages[row] = anchor + total / length as f64;
    }
    averages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_own_average_for_even_and_odd_lengths() {
        let line: Vec<f64> = (0..30).map(|row| 1e6 + 2.0 * f64::from(row)).collect();
        for length in [4, 5, 12] {
            let averages = centred_moving_average(&line, length);
            let inside: Vec<usize> = (0..30).filter(|row| averages[*row].is_finite()).collect();
            assert_eq!(inside.len(), 30 - 2 * (length / 2));
            assert!(inside.iter().all(|row| (averages[*row] - line[*row]).abs() < 1e-6));
        }
    }
}
