//! Autoregression by least squares with a small penalty, its order by AICc.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::cholesky::solve_in_place;
use crate::forecast::classical::numeric::statistics::{mean, variance};
use crate::forecast::classical::work::Work;

/// Orders that are tried.
const ORDERS: [usize; 9] = [1, 2, 3, 4, 6, 8, 12, 16, 24];

/// Penalty per row, in variances of the series.
const PENALTY: f64 = 1e-4;

/// A forecast stays within so many standard deviations of the mean.
const DEVIATIONS_MAX: f64 = 50.0;

/// Coefficients of the last values around their mean, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autoregression {
    /// One per lag.
    coefficients: Vec<f64>,
    /// Standard deviation of the fit's values.
    deviation: f64,
}

impl Autoregression {
    /// Fits every order on the same rows and keeps the one with the smallest AICc.
    ///
    /// # Errors
    /// [`MethodError::Data`] below six rows, [`MethodError::Cancelled`].
    pub fn fit(values: &[f64], work: &mut Work) -> Result<Autoregression, MethodError> {
        let order_max = (values.len() / 6).min(24);
        if order_max < 1 {
            return Err(MethodError::Data(format!("an autoregression needs 6 rows, there are {}", values.len())));
        }
        let middle = mean(values);
        let around: Vec<f64> = values.iter().map(|value| value - middle).collect();
        let spread = variance(values);
        let mut best = (f64::INFINITY, Autoregression { coefficients: Vec::new(), deviation: spread.sqrt() });
        if spread <= 1e-24 * middle * middle {
            return Ok(best.1);
        }
        let lagged = Lagged::of(&around, order_max, work)?;
        for order in ORDERS.into_iter().filter(|order| *order <= order_max) {
            let Some(coefficients) = lagged.solve(order, PENALTY * spread * values.len() as f64) else { continue };
            let equations = (around.len() - order_max) as f64;
            let parameters = order as f64 + 2.0;
            if equations - parameters - 1.0 <= 0.0 {
                continue;
            }
            let missed = (order_max..around.len()).map(|row| around[row] - next(&coefficients, &around[..row]));
            let square: f64 = missed.map(|error| error * error).sum();
            let criterion = equations * (square / equations).max(1e-300).ln()
                + 2.0 * parameters
                + 2.0 * parameters * (parameters + 1.0) / (equations - parameters - 1.0);
            if criterion < best.0 {
                best = (criterion, Autoregression { coefficients, deviation: spread.sqrt() });
            }
        }
        Ok(best.1)
    }

    /// The values of the next steps: coefficients of the fit, mean and lags of these values.
    pub fn forecast(&self, values: &[f64], steps: usize) -> Vec<f64> {
        let middle = mean(values);
        let reach = DEVIATIONS_MAX * self.deviation.max(variance(values).sqrt());
        let mut around: Vec<f64> = values.iter().map(|value| value - middle).collect();
        for _ in 0..steps {
            around.push(next(&self.coefficients, &around).clamp(-reach, reach));
        }
        around[values.len()..].iter().map(|value| value + middle).collect()
    }
}

/// The next value; lags before the first row count as the mean.
fn next(coefficients: &[f64], around: &[f64]) -> f64 {
    coefficients.iter().zip(around.iter().rev()).map(|(coefficient, value)| coefficient * value).sum()
}

/// Products of the series with its own lags, for every order at once.
struct Lagged {
    order_max: usize,
    /// order_max x order_max, row-major.
    products: Vec<f64>,
    moments: Vec<f64>,
}

impl Lagged {
    fn of(around: &[f64], order_max: usize, work: &mut Work) -> Result<Lagged, MethodError> {
        work.spend(around.len() * order_max * order_max)?;
        let product = |a: usize, b: usize| -> f64 {
            let rows = order_max..around.len();
            around[rows.start - a..rows.end - a]
                .iter()
                .zip(&around[rows.start - b..rows.end - b])
                .map(|(x, y)| x * y)
                .sum()
        };
        let mut products = vec![0.0; order_max * order_max];
        for row in 0..order_max {
            for column in 0..=row {
                products[row * order_max + column] = product(row + 1, column + 1);
            }
        }
        Ok(Lagged { order_max, products, moments: (0..order_max).map(|lag| product(0, lag + 1)).collect() })
    }

    fn solve(&self, order: usize, penalty: f64) -> Option<Vec<f64>> {
        let mut matrix = Vec::with_capacity(order * order);
        for row in 0..order {
            matrix.extend_from_slice(&self.products[row * self.order_max..row * self.order_max + order]);
            matrix[row * order + row] += penalty;
        }
        let mut solution = self.moments[..order].to_vec();
        solve_in_place(&mut matrix, &mut solution)?;
        Some(solution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::classical::work::Signal;

    fn fit(values: &[f64]) -> Autoregression {
        Autoregression::fit(values, &mut Work::new(&mut || Signal::GoOn)).expect("fits")
    }

    #[test]
    fn a_noiseless_sine_is_continued() {
        let sine = |row: usize| 10.0 + (std::f64::consts::TAU * row as f64 / 20.0).sin();
        let values: Vec<f64> = (0..400).map(sine).collect();
        let forecast = fit(&values).forecast(&values, 20);
        for (step, value) in forecast.iter().enumerate() {
            assert!((value - sine(400 + step)).abs() < 0.05, "step {step}: {value}");
        }
    }

    #[test]
    fn an_ar_1_fades_to_its_mean() {
        let noise = |row: u64| {
            let mut bits = (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let mut values = vec![20.0];
        for row in 1..2_000 {
            values.push(20.0 + 0.8 * (values[row - 1] - 20.0) + noise(row as u64));
        }
        let model = fit(&values);
        values.push(40.0);
        let ahead = model.forecast(&values, 60);
        assert!((ahead[0] - 36.0).abs() < 1.0, "{}", ahead[0]);
        assert!((ahead[59] - 20.0).abs() < 0.5, "{}", ahead[59]);
    }

    #[test]
    fn a_constant_stays_constant() {
        let values = [7.0; 30];
        assert_eq!(fit(&values).forecast(&values, 3), [7.0; 3]);
    }
}
