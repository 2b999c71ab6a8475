//! The numbers that a learned family sees of its rows, and the rows that it refuses.

use crate::forecast::data::{Steps, calendar};

use super::error::ModelError;
use super::forecaster::Context;
use super::manifest::Manifest;
use super::scaling::ColumnTransform;
use super::training_data::TrainingData;

/// Turns rows in original units into standardised inputs.
#[derive(Clone, Debug)]
pub struct InputEncoder {
    columns: Vec<ColumnTransform>,
    calendar_inputs: usize,
    steps: Steps,
}

impl InputEncoder {
    /// The encoder that a manifest describes.
    pub fn of(manifest: &Manifest) -> InputEncoder {
        InputEncoder {
            columns: manifest.inputs.clone(),
            calendar_inputs: manifest.calendar_inputs.len(),
            steps: manifest.steps(),
        }
    }

    /// Inputs per row.
    pub fn width(&self) -> usize {
        self.columns.len() + self.calendar_width()
    }

    /// Calendar inputs per row; they follow the columns.
    pub fn calendar_width(&self) -> usize {
        self.calendar_inputs
    }

    /// Every row of the train part, rows x width, row-major.
    pub fn encode_train(&self, data: &TrainingData) -> Result<Vec<f64>, ModelError> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for transform in &self.columns {
            columns.push(data.column(&transform.column)?);
        }
        let mut encoded = Vec::with_capacity(data.train.rows() * self.width());
        for (row, time_ms) in data.train.times_ms.iter().enumerate() {
            let values = columns.iter().map(|column| column[row]);
            self.push_row(*time_ms, values, &mut encoded);
        }
        Ok(encoded)
    }

    /// The last `rows` rows of a context, rows x width, row-major, appended to `encoded`.
    pub fn push_context(&self, context: &Context, rows: usize, encoded: &mut Vec<f64>) {
        let width = self.columns.len();
        let all = context.values.len() / width.max(1);
        for row in all.saturating_sub(rows)..all {
            let back = (all - 1 - row) as i64;
            let time_ms = self.steps.after(context.last_ms, -back);
            let values = context.values[row * width..(row + 1) * width].iter().copied();
            self.push_row(time_ms, values, encoded);
        }
    }

    fn push_row(&self, time_ms: i64, values: impl Iterator<Item = f64>, encoded: &mut Vec<f64>) {
        encoded.extend(self.columns.iter().zip(values).map(|(t, value)| t.apply(value)));
        encoded.extend(calendar(self.steps.wall_ms(time_ms)).iter().take(self.calendar_inputs));
    }
}

/// Refuses contexts and horizons that a model cannot answer.
pub fn check_contexts(manifest: &Manifest, contexts: &[Context], horizon: usize) -> Result<(), ModelError> {
    if horizon == 0 {
        return Err(ModelError::Context("the horizon is 0, ask for at least one step".into()));
    }
    let columns = manifest.columns.len();
    let cells = manifest.input_rows * columns..=manifest.context_rows() * columns;
    for context in contexts {
        if !cells.contains(&context.values.len()) || !context.values.len().is_multiple_of(columns) {
            return Err(ModelError::Context(format!(
                "the context has {} values, the model needs {} rows of {} columns",
                context.values.len(),
                manifest.input_rows,
                columns
            )));
        }
        // without an early end the compiler checks several cells at once
        let all_finite = context.values.iter().fold(true, |finite, value| finite & value.is_finite());
        if !all_finite && let Some(cell) = context.values.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::Context(format!(
                "column {:?} has no number in row {} of the context",
                manifest.columns[cell % columns],
                cell / columns
            )));
        }
    }
    Ok(())
}
