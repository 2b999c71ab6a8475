//! From two series as measured to two that models can use: sampling, imputation, calendar.

use std::collections::BTreeMap;

use super::error::{DataError, Problems};
use super::features::{CALENDAR_COLUMNS, add_calendar};
use super::impute::{ImputedRows, drop_incomplete_rows, impute, means, refuse_missing};
use super::preprocess_config::PreprocessConfig;
use super::series::Series;
use super::time::Steps;

/// Cleaned rows in original units: measured columns without a missing cell, then the calendar columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The train part.
    pub train: Series,
    /// The test part, later than the train part.
    pub test: Series,
    /// Rows of `train` whose cell was imputed, by column.
    pub imputed_train: ImputedRows,
    /// Rows of `test` whose cell was imputed, by column.
    pub imputed_test: ImputedRows,
    /// Mean of the measured train cells by column, in its unit.
    pub means: BTreeMap<String, f64>,
}

/// Samples, imputes (last value, else train mean; the test part sees nothing of its own future) and adds the calendar.
pub fn prepare(train: Series, test: Series, config: &PreprocessConfig) -> Result<Prepared, DataError> {
    refuse_unsupported(config)?;
    let test = in_column_order_of(&train, test);
    train.check_continued_by(&test, "the train part", "the test part")?;
    let steps = common_steps(&train, &test)?;

    let mut train = head(train, config.sample_train_rows);
    let mut test = head(test, config.sample_test_rows);
    if config.nans_drop_rows {
        train = drop_incomplete_rows(train, config.nans_threshold);
        test = drop_incomplete_rows(test, config.nans_threshold);
    }
    check_rows(&train, &test, steps)?;

    let means = means(&train)?;
    if !config.handle_nans {
        refuse_missing(&train, "the train part")?;
        refuse_missing(&test, "the test part")?;
    }
    let imputed_train = impute(&mut train, &BTreeMap::new(), &means);
    let imputed_test = impute(&mut test, &last_values(&train), &means);
    if config.time_features {
        add_calendar(&mut train);
        add_calendar(&mut test);
    }
    Ok(Prepared { train, test, imputed_train, imputed_test, means })
}

/// The first four fifths of a series as train part, the last fifth (rounded down) as test part.
pub fn split_last_fifth(series: Series) -> (Series, Series) {
    let rows = series.rows();
    let train_rows = rows - rows / 5;
    (series.slice(0..train_rows), series.slice(train_rows..rows))
}

/// Names of all columns but the calendar ones, in file order.
pub fn measured_columns(series: &Series) -> Vec<String> {
    series
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| !CALENDAR_COLUMNS.contains(&name.as_str()))
        .collect()
}

fn refuse_unsupported(config: &PreprocessConfig) -> Result<(), DataError> {
    let mut problems = Problems::default();
    for mistake in config.unsupported() {
        problems.add(|| mistake);
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(DataError::listed("the preprocessing settings cannot be honoured", problems))
}

/// `test` with its columns in the order of `train`'s; unknown ones stay behind them.
fn in_column_order_of(train: &Series, mut test: Series) -> Series {
    test.columns.sort_by_key(|column| {
        let place = train.columns.iter().position(|c| c.name == column.name);
        place.unwrap_or(usize::MAX)
    });
    test
}

fn common_steps(train: &Series, test: &Series) -> Result<Steps, DataError> {
    let Some(steps) = train.steps() else {
        return Err(DataError::new("the train part has too few rows to tell its step: at least 2 are needed"));
    };
    match test.steps() {
        Some(of_test) if !of_test.agree_with(&steps) => Err(DataError::new(format!(
            "the train part has a row every {} and the test part every {}: both need the same step",
            steps.described(),
            of_test.described()
        ))),
        _ => Ok(steps),
    }
}

/// Sampling and dropping must leave rows to work with, still mostly one step apart.
fn check_rows(train: &Series, test: &Series, steps: Steps) -> Result<(), DataError> {
    if !train.steps().is_some_and(|left| left.agree_with(&steps)) {
        return Err(DataError::new(format!(
            "sampling and NANS_DROP_ROWS leave {} train rows that do not follow each other every {}: keep more rows",
            train.rows(),
            steps.described()
        )));
    }
    if test.rows() == 0 {
        return Err(DataError::new("the test part has no rows: at least 1 is needed"));
    }
    Ok(())
}

fn head(series: Series, rows: u64) -> Series {
    match usize::try_from(rows) {
        Ok(rows) if rows > 0 && rows < series.rows() => series.slice(0..rows),
        _ => series,
    }
}

/// The last cleaned train value of each column: what is known just before the test part.
fn last_values(train: &Series) -> BTreeMap<String, f64> {
    train.columns.iter().filter_map(|column| Some((column.name.clone(), *column.values.last()?))).collect()
}
