//! The posterior of the additive model, which is a regression: normal errors, normal priors, Laplace priors on the changes of slope.

use crate::forecast::classical::numeric::gram::Gram;

/// Prior's deviation of slope and offset.
pub const TREND_DEVIATION: f64 = 5.0;

/// Prior's deviation of the noise's deviation.
pub const NOISE_DEVIATION: f64 = 0.5;

/// Sums over the rows, and the priors: all that the posterior depends on.
pub struct Posterior {
    /// columns x columns, row-major, both triangles.
    pub products: Vec<f64>,
    /// One per column.
    pub moments: Vec<f64>,
    /// Sum of squared outputs.
    pub square: f64,
    /// Rows.
    pub rows: f64,
    /// 1 / prior variance per column; 0 for the changes of slope.
    pub precisions: Vec<f64>,
    /// The changes of slope.
    pub changes: std::ops::Range<usize>,
    /// Scale of their prior.
    pub change_scale: f64,
}

/// A point of the posterior.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// One per column.
    pub weights: Vec<f64>,
    /// Variance of the noise.
    pub noise_variance: f64,
}

impl Posterior {
    /// From sums over rows; `trend_columns` come first (slope, offset, changes), then one column per deviation.
    pub fn new(
        gram: &Gram,
        square: f64,
        rows: usize,
        trend_columns: usize,
        deviations: &[f64],
        change_scale: f64,
    ) -> Posterior {
        let columns = gram.width;
        let mut products = gram.products.clone();
        for row in 0..columns {
            for column in 0..row {
                products[column * columns + row] = products[row * columns + column];
            }
        }
        let mut precisions = vec![0.0; columns];
        for precision in precisions.iter_mut().take(trend_columns.min(2)) {
            *precision = 1.0 / (TREND_DEVIATION * TREND_DEVIATION);
        }
        for (precision, deviation) in precisions[trend_columns..].iter_mut().zip(deviations) {
            *precision = 1.0 / (deviation * deviation);
        }
        Posterior {
            products,
            moments: gram.moments.clone(),
            square,
            rows: rows as f64,
            precisions,
            changes: 2.min(trend_columns)..trend_columns,
            change_scale,
        }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.moments.len()
    }

    /// Half the gradient of the squared errors, turned round: products of a column with the errors.
    pub fn with_errors(&self, weights: &[f64], column: usize) -> f64 {
        let columns = self.columns();
        let row = &self.products[column * columns..(column + 1) * columns];
        self.moments[column] - row.iter().zip(weights).map(|(product, weight)| product * weight).sum::<f64>()
    }

    /// Sum of squared errors.
    pub fn squared_errors(&self, weights: &[f64]) -> f64 {
        let columns = 0..self.columns();
        let fitted: f64 = columns.map(|at| weights[at] * (self.moments[at] + self.with_errors(weights, at))).sum();
        // what rounding leaves of a perfect fit
        (self.square - fitted).max(1e-14 * self.square).max(1e-24)
    }

    /// The noise variance that is likeliest at these weights: closed, because its prior is a half normal.
    pub fn noise_variance(&self, weights: &[f64]) -> f64 {
        // minimum of n ln s + e / (2 s^2) + s^2 / (2 d^2) over u = s^2: u^2 / d^2 + n u - e = 0
        let errors = self.squared_errors(weights);
        let curvature = 1.0 / (NOISE_DEVIATION * NOISE_DEVIATION);
        2.0 * errors / (self.rows + (self.rows * self.rows + 4.0 * curvature * errors).sqrt())
    }

    /// The log posterior up to a constant, as Stan counts it.
    pub fn log_value(&self, point: &Point) -> f64 {
        let noise = point.noise_variance;
        let normal: f64 = self
            .precisions
            .iter()
            .zip(&point.weights)
            .map(|(precision, weight)| precision * weight * weight / 2.0)
            .sum();
        let laplace: f64 = self.changes.clone().map(|at| point.weights[at].abs()).sum::<f64>() / self.change_scale;
        let of_noise = noise / (2.0 * NOISE_DEVIATION * NOISE_DEVIATION);
        -self.rows * 0.5 * noise.ln()
            - self.squared_errors(&point.weights) / (2.0 * noise)
            - normal
            - laplace
            - of_noise
    }
}
