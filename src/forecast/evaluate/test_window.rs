//! The one test window that all models share, and the rows that lead up to each of its rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::forecast::data::{Series, Steps, sha256_hex};
use crate::forecast::model::{Context, Manifest, MinMax, ModelError};

/// First test row that is scored; the rows before it were context only in the original, and still are.
const FIRST_SCORED_ROW: usize = 10;

/// The test rows that every model is scored on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestWindow {
    /// Indices into the test part, rising.
    pub rows: Vec<usize>,
    /// SHA-256 of what the scores depend on besides the model: targets, train scale, times and truth.
    pub hash: String,
}

/// Every test row from row 10 on whose targets were all measured and that `context_rows` rows without a gap lead up to, the train's last ones included.
pub fn test_window(
    train: &Series,
    test: &Series,
    imputed_test: &BTreeMap<String, Vec<u32>>,
    targets: &[String],
    context_rows: usize,
) -> TestWindow {
    let joined = JoinedSeries::new(train, test);
    let mut scored: Vec<bool> = (0..test.rows()).map(|row| row >= FIRST_SCORED_ROW).collect();
    for target in targets {
        let Some(column) = test.column(target) else {
            scored.fill(false);
            continue;
        };
        for (row, value) in column.values.iter().enumerate() {
            scored[row] &= value.is_finite();
        }
    }
    for row in targets.iter().filter_map(|target| imputed_test.get(target)).flatten() {
        if let Some(scored) = scored.get_mut(*row as usize) {
            *scored = false;
        }
    }
    let rows: Vec<usize> =
        (0..test.rows()).filter(|row| scored[*row] && joined.rows_before(*row) >= context_rows).collect();
    let hash = window_hash(train, test, targets, &rows);
    TestWindow { rows, hash }
}

/// One column in two parts: train and test values.
pub(super) type ColumnParts<'a> = (&'a [f64], &'a [f64]);

/// Train and test, read as one run of rows.
pub(super) struct JoinedSeries<'a> {
    train: &'a Series,
    test: &'a Series,
    /// From row to row.
    pub(super) steps: Steps,
    /// Rows without a gap before each test row, train rows included.
    before: Vec<usize>,
}

impl<'a> JoinedSeries<'a> {
    /// Joins the two parts; the step is the train's.
    pub(super) fn new(train: &'a Series, test: &'a Series) -> JoinedSeries<'a> {
        let steps = train.steps().or_else(|| test.steps()).unwrap_or(Steps::from(0));
        let last_of_train = train.segments(steps).pop();
        let mut run = last_of_train.map_or(0, |segment| segment.len());
        let mut previous_ms = train.times_ms.last().copied();
        let mut before = Vec::with_capacity(test.rows());
        for time_ms in &test.times_ms {
            if previous_ms.is_none_or(|previous_ms| !steps.follows(previous_ms, *time_ms)) {
                run = 0;
            }
            before.push(run);
            run += 1;
            previous_ms = Some(*time_ms);
        }
        JoinedSeries { train, test, steps, before }
    }

    /// The two parts of data that a model can be scored on: their step is the model's.
    pub(super) fn checked(
        train: &'a Series,
        test: &'a Series,
        manifest: &Manifest,
    ) -> Result<JoinedSeries<'a>, ModelError> {
        let joined = JoinedSeries::new(train, test);
        if !joined.steps.agree_with(&manifest.steps()) {
            return Err(ModelError::Context(format!(
                "the data have steps of {}, the model has {}",
                joined.steps.described(),
                manifest.steps().described()
            )));
        }
        Ok(joined)
    }

    /// Rows without a gap before a test row, train rows included.
    pub(super) fn rows_before(&self, row: usize) -> usize {
        self.before.get(row).copied().unwrap_or(0)
    }

    /// The columns of these names, in this order.
    pub(super) fn columns(&self, names: &[String]) -> Result<Vec<ColumnParts<'a>>, ModelError> {
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            match (self.train.column(name), self.test.column(name)) {
                (Some(train), Some(test)) => {
                    columns.push((train.values.as_slice(), test.values.as_slice()));
                }
                _ => {
                    return Err(ModelError::Context(format!(
                        "the data have no column {name:?}, which the model needs"
                    )));
                }
            }
        }
        Ok(columns)
    }

    /// The context of a test row: the `input_rows` rows before it.
    pub(super) fn context(
        &self,
        columns: &[ColumnParts<'a>],
        row: usize,
        input_rows: usize,
    ) -> Result<Context, ModelError> {
        let before = self.rows_before(row);
        if before < input_rows {
            return Err(ModelError::Context(format!(
                "test row {row} has {before} rows without a gap before it, the model needs {input_rows}"
            )));
        }
        let train_rows = self.train.rows();
        let end = train_rows + row;
        let mut values = Vec::with_capacity(input_rows * columns.len());
        for at in end - input_rows..end {
            values.extend(columns.iter().map(|(train, test)| match at.checked_sub(train_rows) {
                Some(at) => test[at],
                None => train[at],
            }));
        }
        Ok(Context { last_ms: self.steps.after(self.test.times_ms[row], -1), values })
    }
}

fn window_hash(train: &Series, test: &Series, targets: &[String], rows: &[usize]) -> String {
    let mut bytes = Vec::new();
    for target in targets {
        bytes.extend(target.as_bytes());
        bytes.push(0);
        let scale = train.column(target).and_then(|c| MinMax::fit(&c.values));
        if let Some(scale) = scale {
            bytes.extend(scale.min.to_le_bytes());
            bytes.extend(scale.max.to_le_bytes());
        }
    }
    for row in rows {
        bytes.extend(test.times_ms[*row].to_le_bytes());
        for target in targets {
            let truth = test.column(target).map_or(f64::NAN, |column| column.values[*row]);
            bytes.extend(truth.to_le_bytes());
        }
    }
    sha256_hex(&bytes)
}
