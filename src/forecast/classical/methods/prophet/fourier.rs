//! Seasons as sines and cosines of the days since 1970.

use std::f64::consts::TAU;

use crate::forecast::classical::numeric::days::DAY_MS;

use super::settings::Seasonality;

impl Seasonality {
    /// Columns that the season has.
    pub(super) fn columns(&self) -> usize {
        2 * self.harmonics
    }

    /// Appends sine and cosine of every harmonic.
    pub(super) fn push(&self, time_ms: i64, row: &mut Vec<f64>) {
        let cycles = time_ms as f64 / DAY_MS as f64 / self.period_days;
        for harmonic in 1..=self.harmonics {
            let (sine, cosine) = (TAU * harmonic as f64 * cycles).sin_cos();
            row.extend([sine, cosine]);
        }
    }
}
