//! What the cells of each column are: numbers and their forms, times and their shapes, words.

use crate::forecast::data::reader::cells::{FormCounts, Switch, is_missing, switch_of};
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::text::{Layout, Record, Source};
use crate::forecast::data::reader::times::TimeGuess;

/// Rows that are looked at before all are read; where one of the others does not fit, all are looked at.
pub(crate) const SAMPLE_ROWS: usize = 2000;

/// What the cells of a column are.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnSurvey {
    /// The first cell that is not missing, trimmed.
    pub(crate) first: Vec<u8>,
    /// Cells that are not missing.
    pub(crate) cells: usize,
    pub(crate) forms: FormCounts,
    pub(crate) time: TimeGuess,
    /// Two words of which one is 1, and how many cells are one of them.
    pub(crate) switch: Option<(Switch, usize)>,
}

/// What the cells of all columns are.
pub(crate) struct Survey {
    pub(crate) columns: Vec<ColumnSurvey>,
    /// Rows that were looked at.
    pub(crate) rows: usize,
    /// Whether all rows were looked at.
    pub(crate) is_complete: bool,
}

/// Looks at the first `rows` rows.
pub(crate) fn survey(
    source: &Source<'_>,
    layout: &Layout,
    options: &ReadOptions,
    rows: usize,
) -> Result<Survey, Mistakes> {
    let mut columns = vec![ColumnSurvey::default(); layout.names.len()];
    let mut records = layout.rows(source)?;
    let mut record = Record::default();
    let mut seen = 0;
    while records.read(&mut record)? {
        if seen == rows {
            return Ok(Survey { columns, rows: seen, is_complete: false });
        }
        seen += 1;
        for (column, cell) in columns.iter_mut().zip(record.cells()) {
            column.add(cell.trim_ascii(), options);
        }
    }
    Ok(Survey { columns, rows: seen, is_complete: true })
}

impl ColumnSurvey {
    fn add(&mut self, cell: &[u8], options: &ReadOptions) {
        if is_missing(cell) {
            return;
        }
        self.cells += 1;
        if self.cells == 1 {
            self.first = cell.to_vec();
        }
        self.time.add(cell, options.date_order);
        if self.forms.add(cell) {
            return;
        }
        let switch = self.switch.get_or_insert_with(|| {
            let none = Switch { on: "true", off: "false" };
            (switch_of(cell).unwrap_or(none), 0)
        });
        switch.1 += usize::from(switch.0.value(cell).is_some());
    }
}
