//! The inputs of one equation: what is known at the origin about a row some steps later.

use std::f64::consts::TAU;

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::days::{DAY_MS, weekday};
use crate::forecast::classical::rows::History;

use super::layout::Layout;

/// Harmonics of the day at weekends.
const WEEKEND_HARMONICS: usize = 3;

/// A history as inputs are computed from it.
pub struct Source<'h> {
    history: &'h History,
    /// The target on the method's scale.
    pub scaled: Vec<f64>,
    /// Sums of the rows before each row.
    sums: Vec<f64>,
    /// What the local clock shows at the rows and at the steps after them.
    walls_ms: Vec<i64>,
}

impl<'h> Source<'h> {
    /// Prepares a history for forecasts of up to `steps` steps.
    pub fn of(history: &'h History, scaled: Vec<f64>, steps: usize) -> Source<'h> {
        let mut sums = Vec::with_capacity(scaled.len() + 1);
        sums.push(0.0);
        let mut sum = 0.0;
        for value in &scaled {
            sum += value;
            sums.push(sum);
        }
        let walls_ms = (0..history.rows() + steps).map(|row| history.wall_ms(row)).collect();
        Source { history, scaled, sums, walls_ms }
    }

    /// The mean of the last `rows` rows up to a row.
    pub fn level(&self, row: usize, rows: usize) -> f64 {
        let rows = rows.min(row + 1);
        (self.sums[row + 1] - self.sums[row + 1 - rows]) / rows as f64
    }

    /// Refuses a history that lacks the known columns of the next `steps` steps.
    pub fn check_known(&self, layout: &Layout, steps: usize) -> Result<(), MethodError> {
        for place in &layout.known {
            let column = self.history.known.get(*place).map_or(&[][..], Vec::as_slice);
            if column.len() < self.history.rows() + steps {
                return Err(MethodError::Rows(format!(
                    "known column {place} has {} values, {} rows and {steps} steps need {}",
                    column.len(),
                    self.history.rows(),
                    self.history.rows() + steps
                )));
            }
        }
        Ok(())
    }

    /// Appends the inputs of the row `step` steps after `origin`, the constant 1 first.
    pub fn push(&self, layout: &Layout, origin: usize, step: usize, seasonal_lags: &[usize], inputs: &mut Vec<f64>) {
        let level = self.level(origin, layout.level_rows);
        inputs.push(1.0);
        inputs.extend((0..layout.lags).map(|lag| self.scaled[origin - lag] - level));
        for lag in seasonal_lags {
            let row = origin + step - lag;
            let next = if row < origin { row + 1 } else { row };
            inputs.push(self.scaled[row] - level);
            inputs.push(self.scaled[row.saturating_sub(1)] - level);
            inputs.push(self.scaled[next] - level);
            inputs.push(self.level(row, layout.level_rows) - level);
        }
        if layout.long_level {
            inputs.push(self.level(origin, layout.level_rows * 4) - level);
        }
        if layout.harmonics {
            self.push_harmonics(layout, origin + step, inputs);
        }
        if layout.weekdays {
            self.push_weekday(layout, origin + step, inputs);
        }
        for place in &layout.known {
            self.push_known(layout, *place, origin, step, inputs);
        }
    }

    fn push_harmonics(&self, layout: &Layout, row: usize, inputs: &mut Vec<f64>) {
        let number = self.history.first_row + row as i64;
        for season in &layout.seasons {
            let share = number.rem_euclid(*season as i64) as f64 / *season as f64;
            for harmonic in 1..=Layout::harmonics_of(*season) {
                let (sine, cosine) = (TAU * harmonic as f64 * share).sin_cos();
                inputs.extend([sine, cosine]);
            }
        }
    }

    fn push_weekday(&self, layout: &Layout, row: usize, inputs: &mut Vec<f64>) {
        let wall_ms = self.walls_ms[row];
        let today = weekday(wall_ms);
        inputs.extend((0..7).map(|day| f64::from(u8::from(day == today))));
        if layout.weekend_hours {
            let weekend = f64::from(u8::from(today >= 5));
            let share = wall_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64;
            for harmonic in 1..=WEEKEND_HARMONICS {
                let (sine, cosine) = (TAU * harmonic as f64 * share).sin_cos();
                inputs.extend([weekend * sine, weekend * cosine]);
            }
        }
    }

    /// The column at the row, its square, and how far both ends are from the same phase a season before.
    fn push_known(&self, layout: &Layout, place: usize, origin: usize, step: usize, inputs: &mut Vec<f64>) {
        let column = &self.history.known[place];
        let (season, row) = (layout.known_season(), origin + step);
        let ago = season * step.div_ceil(season);
        inputs.extend([column[row], column[row] * column[row], column[row] - column[row - ago]]);
        inputs.extend([column[origin], column[origin] - column[origin - season]]);
    }
}
