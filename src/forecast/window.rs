//! Windows over rows: where they may lie, and the numbers that a learned family sees in them.

use super::features::{CALENDAR_COLUMNS, calendar};
use super::manifest::Manifest;
use super::model::{Context, ModelError, TrainingData};
use super::series::Series;
use super::transform::ColumnTransform;

/// Calendar features that are inputs need this many days of train rows: with fewer, a season seen once or twice is learned by heart.
const DAYS_FOR_CALENDAR: [(i64, usize); 3] = [(730, 6), (56, 4), (0, 2)];

/// Names of the calendar inputs that the train part is long enough for: time of day, then day of week, then day of year.
pub fn calendar_inputs(data: &TrainingData) -> Vec<String> {
    if !data.calendar {
        return Vec::new();
    }
    let times_ms = &data.train.times_ms;
    let span_ms = match (times_ms.first(), times_ms.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0,
    };
    let allowed = DAYS_FOR_CALENDAR.iter().find(|(days, _)| span_ms >= days * 86_400_000);
    let count = allowed.map_or(0, |(_, count)| *count);
    let names = CALENDAR_COLUMNS.iter().take(count);
    names.map(|name| (*name).to_owned()).collect()
}

/// Last context rows of every window of `input_rows` and then `output_rows` rows without a gap.
pub fn origins(series: &Series, step_ms: i64, input_rows: usize, output_rows: usize) -> Vec<usize> {
    let mut origins = Vec::new();
    for segment in series.segments(step_ms) {
        let first = segment.start + input_rows - 1;
        let end = segment.end.saturating_sub(output_rows);
        origins.extend(first..end);
    }
    origins
}

/// The same origins, or an error that says how long a run of rows is needed.
pub fn train_origins(
    data: &TrainingData,
    step_ms: i64,
    input_rows: usize,
    output_rows: usize,
) -> Result<Vec<usize>, ModelError> {
    let found = origins(&data.train, step_ms, input_rows, output_rows);
    if found.is_empty() {
        return Err(ModelError::Data(format!(
            "the train part has no run of {} rows without a gap ({input_rows} in, {output_rows} out), give more rows or shorten INPUT_SEQ_LEN or OUTPUT_SEQ_LEN",
            input_rows + output_rows
        )));
    }
    Ok(found)
}

/// At most `most` of the items, evenly spread.
pub fn thinned(items: &[usize], most: usize) -> Vec<usize> {
    let stride = items.len().div_ceil(most.max(1)).max(1);
    items.iter().copied().step_by(stride).collect()
}

/// Turns rows in original units into standardised inputs.
#[derive(Clone, Debug)]
pub struct InputEncoder {
    columns: Vec<ColumnTransform>,
    calendar_inputs: usize,
    step_ms: i64,
}

impl InputEncoder {
    /// The encoder that a manifest describes.
    pub fn of(manifest: &Manifest) -> InputEncoder {
        InputEncoder {
            columns: manifest.inputs.clone(),
            calendar_inputs: manifest.calendar_inputs.len(),
            step_ms: manifest.step_ms,
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
            columns.push(super::manifest::target_values(data, &transform.column)?);
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
            let time_ms = context.last_ms.saturating_sub(back.saturating_mul(self.step_ms));
            let values = context.values[row * width..(row + 1) * width].iter().copied();
            self.push_row(time_ms, values, encoded);
        }
    }

    fn push_row(&self, time_ms: i64, values: impl Iterator<Item = f64>, encoded: &mut Vec<f64>) {
        encoded.extend(self.columns.iter().zip(values).map(|(t, value)| t.apply(value)));
        encoded.extend(calendar(time_ms).iter().take(self.calendar_inputs));
    }
}

/// Refuses contexts and horizons that a model cannot answer.
pub fn check_contexts(manifest: &Manifest, contexts: &[Context], horizon: usize) -> Result<(), ModelError> {
    if horizon == 0 {
        return Err(ModelError::Context("the horizon is 0, ask for at least one step".into()));
    }
    let cells = manifest.input_rows * manifest.columns.len();
    for context in contexts {
        if context.values.len() != cells {
            return Err(ModelError::Context(format!(
                "the context has {} values, the model needs {} rows of {} columns",
                context.values.len(),
                manifest.input_rows,
                manifest.columns.len()
            )));
        }
        if let Some(cell) = context.values.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::Context(format!(
                "column {:?} has no number in row {} of the context",
                manifest.columns[cell % manifest.columns.len()],
                cell / manifest.columns.len()
            )));
        }
    }
    Ok(())
}
