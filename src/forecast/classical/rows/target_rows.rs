//! Rows as a caller has them: the target, and the columns that are known in advance.

use crate::forecast::classical::error::MethodError;
use crate::forecast::data::Steps;

/// Values of one target, one a row, oldest first; rows follow each other by one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// From row to row.
    pub steps: Steps,
    /// Milliseconds since 1970, rising.
    pub times_ms: Vec<i64>,
    /// The target in its own unit; NaN where it is missing.
    pub values: Vec<f64>,
    /// Columns that are known in advance (holidays, price), each with one number a row and, behind them, one for every step of the
    /// forecast.
    pub known: Vec<Vec<f64>>,
}

impl Rows {
    /// Rows of a target alone.
    pub fn new(steps: Steps, times_ms: Vec<i64>, values: Vec<f64>) -> Rows {
        Rows { steps, times_ms, values, known: Vec::new() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The last `rows` rows at most, with the future of the known columns.
    pub fn last_rows(&self, rows: usize) -> Rows {
        let from = self.len().saturating_sub(rows);
        Rows {
            steps: self.steps,
            times_ms: self.times_ms[from..].to_vec(),
            values: self.values[from..].to_vec(),
            known: self.known.iter().map(|column| column[from..].to_vec()).collect(),
        }
    }

    /// Refuses rows that do not fit each other.
    ///
    /// # Errors
    /// [`MethodError::Data`] names what is wrong.
    pub fn check(&self) -> Result<(), MethodError> {
        if self.times_ms.len() != self.values.len() {
            return Err(MethodError::Data(format!(
                "there are {} times for {} values, give one time a row",
                self.times_ms.len(),
                self.values.len()
            )));
        }
        if let Some(row) = self.times_ms.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(MethodError::Data(format!("the time of row {} is not after the row before it", row + 1)));
        }
        if let Some(row) = self.values.iter().position(|value| value.is_infinite()) {
            return Err(MethodError::Data(format!("row {row} is infinite, leave the cell empty")));
        }
        if !self.values.iter().any(|value| value.is_finite()) {
            return Err(MethodError::Data("the target has no value at all".into()));
        }
        if let Some(column) = self.known.iter().position(|column| column.len() < self.values.len()) {
            return Err(MethodError::Data(format!(
                "known column {column} has {} values for {} rows",
                self.known[column].len(),
                self.values.len()
            )));
        }
        Ok(())
    }
}
