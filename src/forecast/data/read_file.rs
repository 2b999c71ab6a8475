//! From the bytes of files to series: one, or one a name in a long file; and train and test part of each.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::column::Column;
use super::error::DataError;
use super::features::CALENDAR_COLUMNS;
use super::preprocess::split_last_fifth;
use super::reader::{FileSeries, Grid, LocalClock, Mistakes, ReadOptions, Reading, Step, Understanding, outline, read};
use super::series::{Series, commonest_step_ms};
use super::shape::Shape;
use super::slug::identifier_of;
use super::time::{TimeAxis, TimeForm};
use crate::limits::LimitExceeded;

/// Train and test part of one series.
pub struct SeriesParts {
    /// Its name in a long file; none where the files are one series.
    pub name: Option<String>,
    /// Both parts, as they were read, or why they cannot be used.
    pub parts: Result<(Series, Series), DataError>,
}

/// What files hold.
pub struct FileParts {
    /// The series, in the order in which the train file first names them.
    pub series: Vec<SeriesParts>,
    /// What was understood of the train file.
    pub understanding: Understanding,
}

/// Reads a file of one series; `file` names it in errors.
///
/// # Errors
/// Everything that is wrong with it, by kind; a file of many series.
pub fn read_series(bytes: &[u8], file: &str, options: &ReadOptions) -> Result<Series, DataError> {
    let reading = read_named(bytes, file, options)?;
    let (understanding, is_zone_set) = (&reading.understanding, options.time_zone.is_some());
    let axis = axis(&reading, is_zone_set);
    let many = || DataError::new(format!("{file}: it holds {} series: give one of them alone", understanding.series));
    let mut series = reading.series.into_iter();
    match (series.next(), series.next()) {
        (Some(one), None) if one.id.is_none() => Ok(to_series(one, &axis)),
        _ => Err(many()),
    }
}

/// Reads a file of one series with the default options; gaps of up to `max_gap_rows` missing steps become rows of NaN.
///
/// # Errors
/// As [`read_series`].
pub fn read_csv(bytes: &[u8], file: &str, max_gap_rows: usize) -> Result<Series, DataError> {
    read_series(bytes, file, &ReadOptions { max_gap_rows, ..ReadOptions::default() })
}

/// What a file becomes with its gaps filled. Only its times are read: a file whose shape is known may still be refused when it is read.
///
/// # Errors
/// The times cannot be used, or there are more cells than `max_cells`.
pub fn file_shape(bytes: &[u8], file: &str, options: &ReadOptions) -> Result<Shape, DataError> {
    let outline = guarded(|| outline(bytes, &reserving(options))).map_err(|mistakes| refused(file, &mistakes))?;
    Ok(Shape { rows: outline.rows, columns: outline.columns + 1 })
}

/// Whether a file is one series in plain CSV, the oldest row first: its last lines may be cut off as a file of their own.
pub fn is_cut_at_lines(bytes: &[u8], options: &ReadOptions) -> bool {
    guarded(|| outline(bytes, options)).is_ok_and(|outline| outline.is_plain)
}

/// Reads a train file and the test file that goes on with it. Where both are the same bytes, the last fifth of each series is its test part.
///
/// # Errors
/// A file cannot be used. What is wrong with one series of a long file stands in its place.
pub fn read_parts(
    (train, train_file): (&[u8], &str),
    (test, test_file): (&[u8], &str),
    options: &ReadOptions,
) -> Result<FileParts, DataError> {
    let reading = read_named(train, train_file, options)?;
    let axis = axis(&reading, options.time_zone.is_some());
    let understanding = reading.understanding;
    let refused_series = reading
        .refused
        .into_iter()
        .map(|(name, mistakes)| SeriesParts { name: Some(name), parts: Err(refused(train_file, &mistakes)) });
    if train == test {
        let parts = |file_series: FileSeries| {
            let name = file_series.id.clone();
            SeriesParts { name, parts: Ok(split_last_fifth(to_series(file_series, &axis))) }
        };
        let mut series: Vec<SeriesParts> = reading.series.into_iter().map(parts).chain(refused_series).collect();
        refuse_same_identifiers(&mut series);
        return Ok(FileParts { series, understanding });
    }
    let grids: Vec<Option<Grid>> = reading.series.iter().map(|series| series.grid).collect();
    let common = grids.first().copied().flatten().filter(|_| grids.iter().all(|grid| *grid == grids[0]));
    let columns: Vec<String> =
        reading.series.first().map_or(Vec::new(), |one| one.columns.iter().map(|c| c.name.clone()).collect());
    let going_on = options.going_on(common, &reading.form, columns.clone());
    let tested = read_named(test, test_file, &going_on)?;
    let mut rest: Vec<FileSeries> = tested.series;
    let absent = |name: &Option<String>| {
        let name = name.as_deref().unwrap_or_default();
        DataError::new(format!("{test_file}: it has no row of series `{name}`: give it some"))
    };
    let mut series = Vec::new();
    for one in reading.series {
        let (name, grid) = (one.id.clone(), one.grid);
        let train = to_series(one, &axis);
        let parts = match rest.iter().position(|other| other.id == name) {
            Some(at) => {
                let mut test = to_series(rest.swap_remove(at), &axis);
                test.axis.grid = train.axis.grid;
                keep_only(&mut test, &columns, &understanding, options);
                match grid.is_some_and(|grid| test.times_ms.iter().any(|&ms| grid.snap(ms).is_none())) {
                    true => Err(DataError::new(format!(
                        "{test_file}: its rows do not go on with the steps of {train_file}"
                    ))),
                    false => Ok((train, test)),
                }
            }
            None => Err(absent(&name)),
        };
        series.push(SeriesParts { name, parts });
    }
    series.extend(refused_series);
    refuse_same_identifiers(&mut series);
    Ok(FileParts { series, understanding })
}

/// The series of a reading, for commands that show them.
pub fn series_of(reading: Reading, options: &ReadOptions) -> Vec<(Option<String>, Series)> {
    let axis = axis(&reading, options.time_zone.is_some());
    reading.series.into_iter().map(|one| (one.id.clone(), to_series(one, &axis))).collect()
}

/// Reads a file whose columns may not have the names of calendar columns.
///
/// # Errors
/// Everything that is wrong with it, by kind.
pub fn read_file(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Mistakes> {
    guarded(|| read(bytes, &reserving(options)))
}

fn read_named(bytes: &[u8], file: &str, options: &ReadOptions) -> Result<Reading, DataError> {
    read_file(bytes, options).map_err(|mistakes| refused(file, &mistakes))
}

fn reserving(options: &ReadOptions) -> ReadOptions {
    ReadOptions { reserved_columns: CALENDAR_COLUMNS.map(str::to_owned).to_vec(), ..options.clone() }
}

/// Runs the reader; bytes that only look like a Parquet file may make that library panic.
fn guarded<T>(read: impl FnOnce() -> Result<T, Mistakes>) -> Result<T, Mistakes> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(Mistakes::of_file("the file is damaged: write it again")))
}

fn refused(file: &str, mistakes: &Mistakes) -> DataError {
    DataError::of_kinds(file, mistakes.kinds().iter().map(ToString::to_string))
}

/// What all series of a file have in common in time.
fn axis(reading: &Reading, is_zone_set: bool) -> TimeAxis {
    let clock = reading.understanding.time.clock;
    let is_plain = reading.form.is_plain_iso() && clock == LocalClock::AsWritten;
    TimeAxis { grid: None, clock, is_zone_set, format: (!is_plain).then(|| reading.form.clone()) }
}

fn to_series(one: FileSeries, axis: &TimeAxis) -> Series {
    // instants in UTC, unless the file says nothing about a zone
    let has_zone = axis.format.as_ref().is_some_and(|format| format.has_zone()) || axis.clock != LocalClock::AsWritten;
    let form = if has_zone { TimeForm::Utc } else { TimeForm::Naive };
    let is_common = |step| matches!(step, Step::Fixed(ms) if commonest_step_ms(&one.times_ms) == Some(ms));
    let grid = one.grid.filter(|grid| !is_common(grid.step));
    Series { form, axis: TimeAxis { grid, ..axis.clone() }, times_ms: one.times_ms, columns: one.columns }
}

/// Leaves out columns of a test part that the train part left out, and gives it those of words that it does not have.
fn keep_only(test: &mut Series, columns: &[String], train: &Understanding, options: &ReadOptions) {
    let is_left_out = |name: &str| !columns.iter().any(|kept| kept == name) && train.has_column(name, options);
    test.columns.retain(|column| !is_left_out(&column.name));
    test.add_levels(columns, &options.categories);
}

/// Refuses series whose names become one identifier.
fn refuse_same_identifiers(series: &mut [SeriesParts]) {
    let mut seen = BTreeSet::new();
    for one in series.iter_mut() {
        let Some(name) = &one.name else { continue };
        let identifier = identifier_of(name);
        if !seen.insert(identifier.clone()) {
            one.parts =
                Err(DataError::new(format!("series `{name}`: another one has its identifier {identifier}: rename it")));
        }
    }
}

impl Series {
    /// Adds columns of 0 for words of `categories` that do not occur in these rows, of the `columns` that a model was trained on.
    pub fn add_levels(&mut self, columns: &[String], categories: &[String]) {
        for name in columns {
            let is_level =
                |category: &String| name.strip_prefix(category.as_str()).is_some_and(|rest| rest.starts_with('='));
            if self.column(name).is_none() && categories.iter().any(is_level) {
                let values = vec![0.0; self.rows()];
                self.columns.push(Column { name: name.clone(), values });
            }
        }
    }
}

impl From<LimitExceeded> for DataError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::new(exceeded.to_string())
    }
}
