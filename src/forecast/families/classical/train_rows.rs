//! The train rows of a target: regular, with missing cells where rows are missing.

use crate::forecast::classical::Rows;
use crate::forecast::data::{Series, Steps};

/// Rows, the last ones, that are looked at; no method uses more.
const ROWS_MAX: usize = 100_000;

/// Rows before a longer gap than this are left out.
const GAP_ROWS_MAX: i64 = 2_000;

/// Where the last rows of a series lie in time; shared by its targets.
pub struct TrainRows {
    steps: Steps,
    times_ms: Vec<i64>,
    /// The row of the series; none where it has no row at that time.
    sources: Vec<Option<usize>>,
}

impl TrainRows {
    /// The rows of a series up to its last one.
    pub fn of(series: &Series, steps: Steps) -> TrainRows {
        let (mut times_ms, mut sources) = (Vec::new(), Vec::new());
        for (row, time_ms) in series.times_ms.iter().enumerate().rev() {
            if let Some(later_ms) = times_ms.last().copied() {
                let missing = steps.between(*time_ms, later_ms) - 1;
                if missing > GAP_ROWS_MAX {
                    break;
                }
                for back in 1..=missing {
                    times_ms.push(steps.after(later_ms, -back));
                    sources.push(None);
                }
            }
            if times_ms.len() >= ROWS_MAX {
                break;
            }
            times_ms.push(*time_ms);
            sources.push(Some(row));
        }
        times_ms.reverse();
        sources.reverse();
        TrainRows { steps, times_ms, sources }
    }

    /// These rows of a column.
    pub fn column(&self, values: &[f64]) -> Rows {
        let value = |source: &Option<usize>| source.and_then(|row| values.get(row)).copied().unwrap_or(f64::NAN);
        Rows::new(self.steps, self.times_ms.clone(), self.sources.iter().map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::data::TimeForm;

    fn rows_of(times_ms: Vec<i64>) -> Rows {
        let values: Vec<f64> = (0..times_ms.len()).map(|row| row as f64).collect();
        let series = Series { form: TimeForm::Utc, axis: Default::default(), times_ms, columns: Vec::new() };
        TrainRows::of(&series, Steps::from(10)).column(&values)
    }

    #[test]
    fn missing_rows_are_missing_cells() {
        let rows = rows_of(vec![0, 10, 40, 50]);
        assert_eq!(rows.times_ms, [0, 10, 20, 30, 40, 50]);
        assert!(rows.values[2].is_nan() && rows.values[3].is_nan());
        assert_eq!((rows.values[1], rows.values[4], rows.values[5]), (1.0, 2.0, 3.0));
    }

    #[test]
    fn rows_before_a_very_long_gap_are_left_out() {
        let rows = rows_of(vec![0, 10, 20_020, 40_040, 40_050]);
        assert_eq!(rows.times_ms, [40_040, 40_050]);
    }
}
