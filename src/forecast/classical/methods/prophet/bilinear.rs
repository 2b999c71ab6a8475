//! The maximum where the terms multiply with the trend: y = trend x (1 + terms). For given terms the trend is the additive problem, for
//! given trend the terms are a ridge; both take turns, each raises the posterior.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::gram::Gram;
use crate::forecast::classical::work::Work;

use super::maximum::maximum;
use super::posterior::{Point, Posterior};

/// Turns of trend and terms at most.
const TURNS_MAX: usize = 40;

/// The turns end when the log posterior rises by less than this.
const SETTLED: f64 = 1e-6;

/// Rows of the model: columns of trend and terms, and what they are to give.
pub struct BilinearRows<'r> {
    /// rows x columns, row-major, the trend's columns first.
    pub columns: &'r [f64],
    /// One per row.
    pub outputs: &'r [f64],
    /// Columns of the trend.
    pub trend_columns: usize,
    /// The prior's deviation of every other column.
    pub deviations: &'r [f64],
    /// Scale of the prior of the changes of slope.
    pub change_scale: f64,
}

/// The likeliest weights of trend and terms, the noise, and the log posterior.
///
/// # Errors
/// As [`maximum`].
pub fn bilinear_maximum(rows: &BilinearRows, work: &mut Work) -> Result<(Point, f64), MethodError> {
    let width = rows.trend_columns + rows.deviations.len();
    let square: f64 = rows.outputs.iter().map(|output| output * output).sum();
    let mut terms = vec![0.0; rows.deviations.len()];
    let mut best: Option<(Point, f64)> = None;
    for _ in 0..TURNS_MAX {
        work.spend(rows.outputs.len() * width * width)?;
        let trend = rows.trend_given(&terms, square, work)?;
        let point = rows.terms_given(&trend.weights, work)?;
        let value = point.1 - rows.prior_of_trend(&trend.weights);
        terms = point.0.weights.clone();
        let weights = [trend.weights, point.0.weights].concat();
        let rise = best.as_ref().map_or(f64::INFINITY, |(_, before)| value - before);
        if rise > 0.0 {
            best = Some((Point { weights, noise_variance: point.0.noise_variance }, value));
        }
        if rise < SETTLED {
            break;
        }
    }
    best.ok_or_else(|| MethodError::Diverged("the posterior of Prophet is no number".into()))
}

impl BilinearRows<'_> {
    fn width(&self) -> usize {
        self.trend_columns + self.deviations.len()
    }

    fn trend_given(&self, terms: &[f64], square: f64, work: &mut Work) -> Result<Point, MethodError> {
        let mut scaled = Vec::with_capacity(self.outputs.len() * self.trend_columns);
        for row in self.columns.chunks_exact(self.width()) {
            let (trend, others) = row.split_at(self.trend_columns);
            let factor = 1.0 + dot(terms, others);
            scaled.extend(trend.iter().map(|column| column * factor));
        }
        let mut gram = Gram::new(self.trend_columns);
        gram.add(&scaled, self.outputs);
        let rows = self.outputs.len();
        maximum(&Posterior::new(&gram, square, rows, self.trend_columns, &[], self.change_scale), work)
    }

    /// The likeliest terms, and their log posterior without the trend's prior.
    fn terms_given(&self, trend: &[f64], work: &mut Work) -> Result<(Point, f64), MethodError> {
        let mut scaled = Vec::with_capacity(self.outputs.len() * self.deviations.len());
        let mut left = Vec::with_capacity(self.outputs.len());
        for (row, output) in self.columns.chunks_exact(self.width()).zip(self.outputs) {
            let (columns, others) = row.split_at(self.trend_columns);
            let level = dot(trend, columns);
            scaled.extend(others.iter().map(|column| column * level));
            left.push(output - level);
        }
        let mut gram = Gram::new(self.deviations.len());
        gram.add(&scaled, &left);
        let square = left.iter().map(|value| value * value).sum();
        let posterior = Posterior::new(&gram, square, left.len(), 0, self.deviations, self.change_scale);
        let point = maximum(&posterior, work)?;
        let value = posterior.log_value(&point);
        Ok((point, value))
    }

    fn prior_of_trend(&self, trend: &[f64]) -> f64 {
        let normal: f64 = trend.iter().take(2).map(|weight| weight * weight).sum::<f64>()
            / (2.0 * super::posterior::TREND_DEVIATION * super::posterior::TREND_DEVIATION);
        normal + trend.iter().skip(2).map(|change| change.abs()).sum::<f64>() / self.change_scale
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
