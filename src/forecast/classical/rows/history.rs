//! The regular, finite rows that a method computes on.

use std::cell::OnceCell;

use crate::forecast::data::Steps;

/// A series taken apart: its seasons, and what is left without them.
#[derive(Clone, Debug)]
pub struct Decomposition {
    /// One component per season, one value a row.
    pub seasonal: Vec<Vec<f64>>,
    /// The series without its seasons.
    pub adjusted: Vec<f64>,
}

/// Rows of one target without a gap, and where they lie in time.
#[derive(Clone, Debug)]
pub struct History {
    /// From row to row.
    pub steps: Steps,
    /// Milliseconds since 1970, one a row.
    pub times_ms: Vec<i64>,
    /// The target, finite.
    pub values: Vec<f64>,
    /// Columns known in advance: one number a row, and behind them the future ones.
    pub known: Vec<Vec<f64>>,
    /// Rows from the first row of the fit to the first one here.
    pub first_row: i64,
    /// Leading rows that the fit has seen, the last of them its last one; none where the rows do not run on from the fit.
    pub fitted_rows: Option<usize>,
    /// Its decomposition, which several methods share.
    pub decomposed: OnceCell<Option<Decomposition>>,
}

impl History {
    /// Rows that nothing was fitted on yet.
    pub fn new(steps: Steps, times_ms: Vec<i64>, values: Vec<f64>, known: Vec<Vec<f64>>) -> History {
        History { steps, times_ms, values, known, first_row: 0, fitted_rows: None, decomposed: OnceCell::new() }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len()
    }

    /// The last `rows` rows at most.
    pub fn last_rows(&self, rows: usize) -> History {
        let from = self.rows().saturating_sub(rows);
        History {
            steps: self.steps,
            times_ms: self.times_ms[from..].to_vec(),
            values: self.values[from..].to_vec(),
            known: self.known.iter().map(|column| column[from..].to_vec()).collect(),
            first_row: self.first_row + from as i64,
            fitted_rows: self.fitted_rows.and_then(|rows| rows.checked_sub(from)),
            decomposed: OnceCell::new(),
        }
    }

    /// The first `rows` rows; the known columns keep what follows, as their future.
    pub fn first_rows(&self, rows: usize) -> History {
        let rows = rows.min(self.rows());
        History {
            steps: self.steps,
            times_ms: self.times_ms[..rows].to_vec(),
            values: self.values[..rows].to_vec(),
            known: self.known.clone(),
            first_row: self.first_row,
            fitted_rows: None,
            decomposed: OnceCell::new(),
        }
    }

    /// The time `step` steps after the last row (1 is the first step).
    pub fn future_ms(&self, step: usize) -> i64 {
        self.times_ms.last().map_or(0, |last_ms| self.steps.after(*last_ms, step as i64))
    }

    /// What the local clock shows at a row; rows behind the last one are future steps.
    pub fn wall_ms(&self, row: usize) -> i64 {
        let time_ms = self.times_ms.get(row).copied();
        self.steps.wall_ms(time_ms.unwrap_or_else(|| self.future_ms(row + 1 - self.rows())))
    }

    /// The last value; 0 of no row.
    pub fn last(&self) -> f64 {
        self.values.last().copied().unwrap_or(0.0)
    }

    /// The rows that follow those the fit has seen, where these rows run on from it.
    pub fn rows_since_fit(&self) -> Option<&[f64]> {
        self.fitted_rows.and_then(|rows| self.values.get(rows..))
    }
}
