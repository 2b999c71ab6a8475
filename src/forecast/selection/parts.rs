//! The two parts of a series: what the families are fitted to, and what judges them.

use crate::forecast::data::{DataError, Prepared, Series, Steps, measured_columns, prepare, split_last_fifth};
use crate::forecast::model::{TrainSettings, TrainingData, chosen_targets};

use super::settings::SelectionSettings;

/// Rows of context and steps ahead are at most this share of the train rows.
const LENGTH_SHARE: usize = 4;

/// The prepared parts of a series.
pub(super) struct Parts {
    pub(super) identifier: String,
    pub(super) prepared: Prepared,
    pub(super) measured: Vec<String>,
    pub(super) targets: Vec<String>,
    calendar: bool,
}

impl Parts {
    /// The first four fifths and the last fifth of the rows up to the last one in which every target was measured.
    pub(super) fn of(identifier: &str, series: &Series, settings: &SelectionSettings) -> Result<Self, DataError> {
        let measured = measured_columns(series);
        let targets = chosen_targets(&settings.targets, &measured);
        let absent: Vec<&str> = targets.iter().filter(|name| !measured.contains(name)).map(String::as_str).collect();
        if !absent.is_empty() {
            return Err(DataError::new(format!(
                "no column {}: TARGETS may name {}",
                absent.join(", "),
                measured.join(", ")
            )));
        }
        let end = series.rows_measured(&targets);
        if end < 5 {
            return Err(DataError::new(format!(
                "{end} row(s) with a measured target: give at least 5, of which the last fifth judges"
            )));
        }
        let (train, test) = split_last_fifth(series.slice(0..end));
        let prepared = prepare(train, test, &settings.preprocess)?;
        Ok(Self {
            identifier: identifier.to_owned(),
            prepared,
            measured,
            targets,
            calendar: settings.preprocess.time_features,
        })
    }

    /// All rows, one after another.
    pub(super) fn all_rows(&self) -> Result<Series, DataError> {
        self.prepared.train.concat(&self.prepared.test)
    }

    /// What a family learns from these rows.
    pub(super) fn training_data(&self, train: Series) -> TrainingData {
        TrainingData {
            train,
            measured: self.measured.clone(),
            targets: self.targets.clone(),
            means: self.prepared.means.clone(),
            calendar: self.calendar,
        }
    }

    /// The settings with lengths that fit the rows: short series, and few rows since the last gap.
    pub(super) fn train_settings(&self, settings: &TrainSettings) -> TrainSettings {
        let most = (self.prepared.train.rows() / LENGTH_SHARE).max(1);
        let last = match self.all_rows() {
            Ok(rows) => rows.last_run(rows.steps().unwrap_or(Steps::from(0))).len(),
            Err(_) => 1,
        };
        TrainSettings {
            input_rows: settings.input_rows.min(most).min(last),
            output_rows: settings.output_rows.min(most),
            threads: 1,
            ..settings.clone()
        }
    }
}
