//! The season of a series, where a test at 90 per cent finds one.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::numeric::phase_means::{SeasonKind, phase_means};
use crate::forecast::classical::numeric::statistics::autocorrelation;

/// A multiplicative index below this divides by almost nothing; the season is additive then.
const INDEX_MIN: f64 = 0.01;

/// Quantile of the normal distribution for the test.
const NORMAL_90: f64 = 1.645;

/// Indices of a season.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeasonIndices {
    /// How they act.
    pub kind: SeasonKind,
    /// One per phase; the first is that of the first row.
    pub indices: Vec<f64>,
}

impl SeasonIndices {
    /// The season of `season_rows` rows; none where the values have none.
    pub fn of(values: &[f64], season_rows: usize) -> Option<SeasonIndices> {
        if season_rows < 2 || values.len() < 2 * season_rows + 2 || !is_seasonal(values, season_rows) {
            return None;
        }
        Some(SeasonIndices::estimated(values, season_rows))
    }

    /// The indices of a season that is known to be there.
    pub fn estimated(values: &[f64], season_rows: usize) -> SeasonIndices {
        if values.iter().all(|value| *value > 0.0) {
            let indices = phase_means(values, season_rows, SeasonKind::Multiplicative);
            if indices.iter().all(|index| *index >= INDEX_MIN) {
                return SeasonIndices { kind: SeasonKind::Multiplicative, indices };
            }
        }
        let indices = phase_means(values, season_rows, SeasonKind::Additive);
        SeasonIndices { kind: SeasonKind::Additive, indices }
    }

    /// The index of a row.
    pub fn at(&self, row: usize) -> f64 {
        self.indices[row % self.indices.len()]
    }

    /// Values without the season; the first one has row number `first`.
    pub fn without(&self, values: &[f64], first: usize) -> Vec<f64> {
        values.iter().enumerate().map(|(row, value)| self.kind.without(*value, self.at(first + row))).collect()
    }
}

/// Whether the autocorrelation at the season's length is larger than chance makes it.
fn is_seasonal(values: &[f64], season_rows: usize) -> bool {
    let shorter = (1..season_rows).map(|lag| autocorrelation(values, lag).powi(2));
    let limit = NORMAL_90 * ((1.0 + 2.0 * shorter.sum::<f64>()) / values.len() as f64).sqrt();
    autocorrelation(values, season_rows).abs() >= limit
}
