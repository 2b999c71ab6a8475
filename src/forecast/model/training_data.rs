//! What a model learns from: prepared train rows, which columns it forecasts, and which of the calendar columns they are long enough for.

use std::collections::BTreeMap;

use crate::forecast::data::{CALENDAR_COLUMNS, Series};

use super::error::ModelError;

/// Days of train rows that the first so many calendar columns need as inputs: with fewer days, a season that was seen
/// once or twice is learned by heart.
const DAYS_FOR_CALENDAR: [(i64, usize); 3] = [(730, 6), (56, 4), (0, 2)];

/// What a model learns from.
#[derive(Clone, Debug)]
pub struct TrainingData {
    /// Prepared train rows in original units, without NaN; calendar columns may be among them.
    pub train: Series,
    /// Names of the measured columns, in the order that a request's rows are read in.
    pub measured: Vec<String>,
    /// Names of the columns to forecast, each of them measured.
    pub targets: Vec<String>,
    /// Train mean per measured column, for cells that nothing came before.
    pub means: BTreeMap<String, f64>,
    /// Whether calendar features are inputs too.
    pub calendar: bool,
}

impl TrainingData {
    /// Values of a column in the train rows.
    pub(crate) fn column(&self, name: &str) -> Result<&[f64], ModelError> {
        match self.train.column(name) {
            Some(column) => Ok(&column.values),
            None => Err(ModelError::Data(format!("the train rows have no column {name:?}"))),
        }
    }
}

/// The columns to forecast: `*` means all, no name the first measured one. Names are taken as they are; the fit refuses those that
/// the data do not hold.
pub fn chosen_targets(named: &[String], measured: &[String]) -> Vec<String> {
    if named.iter().any(|name| name == "*") {
        return measured.to_vec();
    }
    if named.is_empty() {
        return measured.iter().take(1).cloned().collect();
    }
    named.to_vec()
}

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
