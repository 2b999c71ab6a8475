//! Where windows may lie in the rows: never across a gap.

use crate::forecast::data::{Series, Steps};

use super::error::ModelError;
use super::training_data::TrainingData;

/// Last context rows of every window of `input_rows` and then `output_rows` rows without a gap.
pub fn origins(series: &Series, steps: Steps, input_rows: usize, output_rows: usize) -> Vec<usize> {
    let mut origins = Vec::new();
    for segment in series.segments(steps) {
        let first = segment.start + input_rows - 1;
        let end = segment.end.saturating_sub(output_rows);
        origins.extend(first..end);
    }
    origins
}

/// The same origins, or an error that says how long a run of rows is needed.
pub fn train_origins(
    data: &TrainingData,
    steps: Steps,
    input_rows: usize,
    output_rows: usize,
) -> Result<Vec<usize>, ModelError> {
    let found = origins(&data.train, steps, input_rows, output_rows);
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
