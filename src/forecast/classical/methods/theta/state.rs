//! Level and line of the Theta method, and how a row moves them.

use serde::{Deserialize, Serialize};

/// The two numbers that are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThetaParameters {
    /// Share of an error that goes into the level.
    pub smoothing: f64,
    /// Weight of the curved line: 1 is simple exponential smoothing, 2 the classical Theta method.
    pub theta: f64,
}

/// What the method knows after a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThetaState {
    level: f64,
    /// Line of least squares over all rows: its value at row 0 and its slope.
    intercept: f64,
    slope: f64,
    mean: f64,
    rows: f64,
    /// (1 - smoothing) to the power of the rows: what is left of the first level.
    left: f64,
}

impl ThetaState {
    /// Before the first row, with this first level; the line starts at the first value.
    pub fn before(level: f64, first_value: f64) -> ThetaState {
        ThetaState { level, intercept: first_value, slope: 0.0, mean: 0.0, rows: 0.0, left: 1.0 }
    }

    /// The forecast of the next row.
    pub fn next(&self, parameters: &ThetaParameters) -> f64 {
        let smoothing = parameters.smoothing;
        let gathered = (1.0 - self.left * (1.0 - smoothing)) / smoothing;
        self.level + (1.0 - 1.0 / parameters.theta) * (self.left * self.intercept + gathered * self.slope)
    }

    /// Moves on by a row.
    pub fn observe(&mut self, parameters: &ThetaParameters, value: f64) {
        let smoothing = parameters.smoothing;
        self.rows += 1.0;
        let rows = self.rows;
        self.level = smoothing * value + (1.0 - smoothing) * self.level;
        let mean_before = self.mean;
        self.mean += (value - self.mean) / rows;
        if rows > 1.0 {
            self.slope = ((rows - 2.0) * self.slope + 6.0 * (value - mean_before) / rows) / (rows + 1.0);
        }
        self.intercept = self.mean - self.slope * (rows + 1.0) / 2.0;
        self.left *= 1.0 - smoothing;
    }

    /// This state, had the first level been higher by `level`.
    pub fn with_first_level(mut self, level: f64) -> ThetaState {
        self.level += self.left * level;
        self
    }

    /// What is left of the first level.
    pub fn left(&self) -> f64 {
        self.left
    }
}
