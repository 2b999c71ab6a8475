//! The piecewise line: its time scale and its changepoints.

use serde::{Deserialize, Serialize};

use super::settings::{Growth, ProphetSettings};

/// Where the trend may turn, on a time scale from 0 (first row) to 1 (last row).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendBasis {
    growth: Growth,
    first_ms: i64,
    span_ms: f64,
    changepoints: Vec<f64>,
}

impl TrendBasis {
    /// Changepoints spread evenly over the first rows.
    pub fn of(times_ms: &[i64], settings: &ProphetSettings) -> TrendBasis {
        let first_ms = times_ms.first().copied().unwrap_or(0);
        let span_ms = times_ms.last().map_or(1.0, |last_ms| ((last_ms - first_ms) as f64).max(1.0));
        let rows = (times_ms.len() as f64 * settings.changepoint_range).floor() as usize;
        let count = settings.changepoints.min(rows.saturating_sub(1));
        let place = |at: usize| (at as f64 * (rows - 1) as f64 / count as f64).round_ties_even() as usize;
        let changepoints = match settings.growth {
            Growth::Flat => Vec::new(),
            Growth::Linear => (1..=count).map(|at| (times_ms[place(at)] - first_ms) as f64 / span_ms).collect(),
        };
        TrendBasis { growth: settings.growth, first_ms, span_ms, changepoints }
    }

    /// Columns: slope, offset, one per changepoint.
    pub fn columns(&self) -> usize {
        2 + self.changepoints.len()
    }

    /// Appends the columns at a time.
    pub fn push(&self, time_ms: i64, row: &mut Vec<f64>) {
        let time = (time_ms - self.first_ms) as f64 / self.span_ms;
        row.push(if self.growth == Growth::Linear { time } else { 0.0 });
        row.push(1.0);
        row.extend(self.changepoints.iter().map(|changepoint| (time - changepoint).max(0.0)));
    }
}
