//! From columns to standardised inputs and targets, and from forecasts back to original units.
//!
//! Everything here is fitted on train rows alone and travels in the manifest.

use serde::{Deserialize, Serialize};

/// Skewness above which a non-negative column counts as heavy-tailed.
const SKEWNESS_MIN: f64 = 1.0;

/// A logarithm is taken of `1 + value / unit`, and `unit` is this share of the column's median: small enough to spread low values.
const UNIT_SHARE_OF_MEDIAN: f64 = 0.1;

/// Forecasts stay within this many standard deviations of the train mean, so that no link can overflow.
const Z_LIMIT: f64 = 20.0;

/// Number of bins that a residual distribution is kept in.
pub const RESIDUAL_BINS: usize = 20;

/// How an input column is bent before it is standardised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Not at all.
    Linear,
    /// sign(x) ln(1 + |x| / unit).
    Log1p,
}

/// How one measured column becomes an input with mean 0 and deviation 1 on train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnTransform {
    /// Name of the column.
    pub column: String,
    /// The bend.
    pub kind: InputKind,
    /// Unit of the logarithm, in the column's own unit.
    pub unit: f64,
    /// Train mean after the bend.
    pub mean: f64,
    /// Train standard deviation after the bend.
    pub sd: f64,
}

impl ColumnTransform {
    /// Fits on train values: `Log1p` for a non-negative column with skewness above 1, else `Linear`.
    pub fn fit(column: &str, train: &[f64]) -> ColumnTransform {
        let kind = if is_heavy_tailed(train) { InputKind::Log1p } else { InputKind::Linear };
        let unit = log_unit(train);
        let (mean, sd) = mean_sd(train.iter().map(|value| bend(kind, unit, *value)));
        ColumnTransform { column: column.to_owned(), kind, unit, mean, sd }
    }

    /// The standardised input for one value; finite for every finite value, negative ones included.
    pub fn apply(&self, value: f64) -> f64 {
        (bend(self.kind, self.unit, value) - self.mean) / self.sd
    }

    /// Whether the scales can be divided by.
    pub fn is_sound(&self) -> bool {
        self.unit > 0.0 && self.sd > 0.0 && self.mean.is_finite()
    }
}

/// The space in which a target is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The value itself, for targets that may be negative.
    Identity,
    /// sign(y) sqrt(|y| / unit).
    Sqrt,
    /// sign(y) ln(1 + |y| / unit).
    Log1p,
}

/// How one target is learned: z = (link(y) - mean) / sd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetTransform {
    /// Name of the column.
    pub column: String,
    /// The link.
    pub link: Link,
    /// Unit inside the link, in the column's own unit.
    pub unit: f64,
    /// Train mean after the link.
    pub mean: f64,
    /// Train standard deviation after the link.
    pub sd: f64,
}

impl TargetTransform {
    /// Fits on train values; a target that was ever negative is learned as it is, whatever link is wished.
    pub fn fit(column: &str, wished: Link, train: &[f64]) -> TargetTransform {
        let link = if train.iter().any(|value| *value < 0.0) { Link::Identity } else { wished };
        let unit = log_unit(train);
        let (mean, sd) = mean_sd(train.iter().map(|value| forward(link, unit, *value)));
        TargetTransform { column: column.to_owned(), link, unit, mean, sd }
    }

    /// The standardised target for one value.
    pub fn apply(&self, value: f64) -> f64 {
        (forward(self.link, self.unit, value) - self.mean) / self.sd
    }

    /// The mean in original units of z plus its residuals (Duan's smearing), so that a squared error is well served.
    pub fn mean_of(&self, z: f64, residuals: &[f64]) -> f64 {
        if residuals.is_empty() {
            return self.invert(z);
        }
        let sum: f64 = residuals.iter().map(|r| self.invert(z + r)).sum();
        sum / residuals.len() as f64
    }

    /// The value whose standardised target is z; never below zero for a link of non-negative targets.
    pub fn invert(&self, z: f64) -> f64 {
        let bent = z.clamp(-Z_LIMIT, Z_LIMIT) * self.sd + self.mean;
        match self.link {
            Link::Identity => bent,
            Link::Sqrt => self.unit * bent.max(0.0).powi(2),
            Link::Log1p => self.unit * bent.max(0.0).exp_m1(),
        }
    }

    /// Lowest value that a forecast may take: zero where train was never negative.
    pub fn floor(&self) -> f64 {
        match self.link {
            Link::Identity => f64::NEG_INFINITY,
            Link::Sqrt | Link::Log1p => 0.0,
        }
    }

    /// Whether the scales can be divided by.
    pub fn is_sound(&self) -> bool {
        self.unit > 0.0 && self.sd > 0.0 && self.mean.is_finite()
    }
}

/// Means of equally large bins of the sorted residuals: the mean is kept exactly, the spread nearly.
pub fn residual_bins(mut residuals: Vec<f64>) -> Vec<f64> {
    residuals.sort_by(f64::total_cmp);
    let rows = residuals.len();
    (0..RESIDUAL_BINS)
        .map(|bin| {
            let from = (bin * rows / RESIDUAL_BINS).min(rows.saturating_sub(1));
            let to = ((bin + 1) * rows / RESIDUAL_BINS).clamp(from + 1, rows.max(from + 1));
            match residuals.get(from..to) {
                Some(part) => part.iter().sum::<f64>() / part.len() as f64,
                None => 0.0,
            }
        })
        .collect()
}

/// Whether a column is non-negative with skewness above 1: the fixed rule for logarithms, asked on train alone.
pub fn is_heavy_tailed(train: &[f64]) -> bool {
    if train.iter().any(|value| *value < 0.0) {
        return false;
    }
    let (mean, sd) = mean_sd(train.iter().copied());
    let cubes = train.iter().map(|value| ((value - mean) / sd).powi(3));
    cubes.sum::<f64>() / train.len().max(1) as f64 > SKEWNESS_MIN
}

/// A tenth of the median of the magnitudes; their mean where the median is zero; 1 for a column of zeros.
fn log_unit(train: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = train.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
    let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
    let typical = if median > 0.0 { median } else { mean };
    let unit = UNIT_SHARE_OF_MEDIAN * typical;
    if unit.is_normal() { unit } else { 1.0 }
}

fn bend(kind: InputKind, unit: f64, value: f64) -> f64 {
    match kind {
        InputKind::Linear => value,
        InputKind::Log1p => value.signum() * (value.abs() / unit).ln_1p(),
    }
}

fn forward(link: Link, unit: f64, value: f64) -> f64 {
    match link {
        Link::Identity => value,
        Link::Sqrt => value.signum() * (value.abs() / unit).sqrt(),
        Link::Log1p => value.signum() * (value.abs() / unit).ln_1p(),
    }
}

/// Mean and standard deviation; the deviation of a constant counts as 1, so that it can be divided by.
fn mean_sd(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let rows = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / rows;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
    let sd = variance.sqrt();
    // a constant column leaves only rounding noise, which must not be blown up
    if sd > mean.abs() * 1e-9 && sd.is_normal() { (mean, sd) } else { (mean, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_column_is_logged_and_stays_finite_below_zero() {
        let train: Vec<f64> = (0..1000).map(|i| f64::from(i % 97).powi(4)).collect();
        let transform = ColumnTransform::fit("down", &train);
        assert_eq!(transform.kind, InputKind::Log1p);
        for value in [-1e300, -1.0, 0.0, 1e-300, 1e300] {
            assert!(transform.apply(value).is_finite(), "{value}");
        }
        assert!(transform.apply(-5.0) < transform.apply(5.0));
    }

    #[test]
    fn a_column_that_was_negative_is_not_logged() {
        let train: Vec<f64> = (0..1000).map(|i| f64::from(i % 97).powi(4) - 1.0).collect();
        assert_eq!(ColumnTransform::fit("x", &train).kind, InputKind::Linear);
        assert_eq!(TargetTransform::fit("x", Link::Sqrt, &train).link, Link::Identity);
    }

    #[test]
    fn a_constant_column_is_not_blown_up() {
        let transform = ColumnTransform::fit("x", &[3.3; 50]);
        assert!(transform.apply(3.3).abs() < 1e-9);
        assert!(ColumnTransform::fit("x", &[0.0; 50]).is_sound());
    }

    #[test]
    fn every_link_finds_back() {
        let train: Vec<f64> = (1..100).map(|i| f64::from(i) * 7.0).collect();
        for link in [Link::Identity, Link::Sqrt, Link::Log1p] {
            let transform = TargetTransform::fit("x", link, &train);
            for value in [7.0, 50.0, 693.0, 1000.0] {
                let back = transform.invert(transform.apply(value));
                assert!((back - value).abs() < 1e-9 * value, "{link:?} {value} {back}");
            }
            assert!(transform.invert(1e9).is_finite());
        }
    }

    #[test]
    fn the_back_transform_aims_at_the_mean() {
        let train: Vec<f64> = (1..500).map(f64::from).collect();
        let transform = TargetTransform::fit("x", Link::Log1p, &train);
        let z: Vec<f64> = train.iter().map(|value| transform.apply(*value)).collect();
        let residuals = residual_bins(z);
        let mean = train.iter().sum::<f64>() / train.len() as f64;
        let found = transform.mean_of(0.0, &residuals);
        assert!((found - mean).abs() < 0.01 * mean, "{found} {mean}");
    }

    #[test]
    fn few_residuals_still_fill_every_bin() {
        assert_eq!(residual_bins(Vec::new()), vec![0.0; RESIDUAL_BINS]);
        assert_eq!(residual_bins(vec![0.5]), vec![0.5; RESIDUAL_BINS]);
        assert_eq!(residual_bins((0..7).map(f64::from).collect()).len(), RESIDUAL_BINS);
    }
}
