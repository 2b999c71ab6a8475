//! The min-max scale that scores are measured on.

use serde::{Deserialize, Serialize};

/// The range of a column's train part, which maps onto 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MinMax {
    /// Smallest train value, in the column's unit.
    pub min: f64,
    /// Largest train value, in the column's unit.
    pub max: f64,
}

impl MinMax {
    /// The range of the finite `values`, in their unit; none where no value is finite.
    pub fn fit(values: &[f64]) -> Option<Self> {
        values.iter().filter(|value| value.is_finite()).fold(None, |range: Option<Self>, &value| {
            Some(match range {
                None => Self { min: value, max: value },
                Some(range) => Self { min: range.min.min(value), max: range.max.max(value) },
            })
        })
    }

    /// `value` (column's unit) on the scale where the train part spans 0..1; a constant column maps onto 0.
    pub fn scale(&self, value: f64) -> f64 {
        (value - self.min) / self.span()
    }

    /// The value in the column's unit that `scaled` stands for.
    pub fn unscale(&self, scaled: f64) -> f64 {
        scaled * self.span() + self.min
    }

    /// Width of the range, in the column's unit; 1 for a constant column, as scikit-learn's MinMaxScaler has it.
    pub fn span(&self) -> f64 {
        let span = self.max - self.min;
        if span > 0.0 { span } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_train_range_maps_onto_zero_to_one_and_back() {
        let range = MinMax::fit(&[4.0, f64::NAN, 2.0, 10.0]).expect("values");
        assert_eq!(range, MinMax { min: 2.0, max: 10.0 });
        assert_eq!(range.scale(2.0), 0.0);
        assert_eq!(range.scale(10.0), 1.0);
        assert_eq!(range.scale(18.0), 2.0);
        assert_eq!(range.unscale(range.scale(7.0)), 7.0);
    }

    #[test]
    fn a_constant_column_maps_onto_zero_and_an_empty_one_has_no_range() {
        let range = MinMax::fit(&[3.0, 3.0]).expect("values");
        assert_eq!(range.scale(3.0), 0.0);
        assert_eq!(range.unscale(0.0), 3.0);
        assert_eq!(MinMax::fit(&[f64::NAN]), None);
    }
}
