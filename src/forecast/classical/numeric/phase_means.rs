//! The seasonal indices of a series: the mean of each phase around a centred moving average.

use super::moving_average::centred_moving_average;
use super::statistics::mean;

/// How a season acts on the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeasonKind {
    /// It is added.
    Additive,
    /// It multiplies.
    Multiplicative,
}

impl SeasonKind {
    /// The level with the season's index.
    pub fn with(self, level: f64, index: f64) -> f64 {
        match self {
            SeasonKind::Additive => level + index,
            SeasonKind::Multiplicative => level * index,
        }
    }

    /// The value without the season's index.
    pub fn without(self, value: f64, index: f64) -> f64 {
        match self {
            SeasonKind::Additive => value - index,
            SeasonKind::Multiplicative => value / index,
        }
    }

    /// The index that changes nothing.
    pub fn neutral(self) -> f64 {
        match self {
            SeasonKind::Additive => 0.0,
            SeasonKind::Multiplicative => 1.0,
        }
    }
}

/// One index per phase (row modulo `season`), normalised so that they change no mean.
pub fn phase_means(values: &[f64], season: usize, kind: SeasonKind) -> Vec<f64> {
    let averages = centred_moving_average(values, season);
    let mut sums = vec![0.0; season];
    let mut counts = vec![0.0; season];
    for (row, (value, average)) in values.iter().zip(&averages).enumerate() {
        let usable = average.is_finite() && (kind == SeasonKind::Additive || average.abs() > 1e-12);
        if usable {
            sums[row % season] += kind.without(*value, *average);
            counts[row % season] += 1.0;
        }
    }
    let mut indices: Vec<f64> =
        sums.iter().zip(&counts).map(|(sum, count)| if *count > 0.0 { sum / count } else { kind.neutral() }).collect();
    let middle = mean(&indices);
    if kind == SeasonKind::Additive || middle.abs() > 1e-12 {
        indices.iter_mut().for_each(|index| *index = kind.without(*index, middle));
    }
    indices
}
