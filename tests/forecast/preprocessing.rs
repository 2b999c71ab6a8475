//! From measured series to prepared ones: what is filled in, what is added, what is refused.

use std::path::Path;

use flts::forecast::{
    CALENDAR_COLUMNS, Column, MinMax, PreprocessConfig, Series, TimeForm, measured_columns, prepare, read_csv,
    split_last_fifth,
};

const STEP_MS: i64 = 120_000;
const NAN: f64 = f64::NAN;

/// A series in steps of 2 minutes from step `first` on.
fn series(first: i64, columns: &[(&str, &[f64])]) -> Series {
    let rows = columns[0].1.len() as i64;
    Series {
        form: TimeForm::Naive,
        axis: Default::default(),
        times_ms: (first..first + rows).map(|step| step * STEP_MS).collect(),
        columns: columns
            .iter()
            .map(|(name, values)| Column { name: (*name).to_owned(), values: values.to_vec() })
            .collect(),
    }
}

fn values<'a>(series: &'a Series, name: &str) -> &'a [f64] {
    &series.column(name).expect("the column").values
}

fn refusal(train: Series, test: Series, config: &PreprocessConfig) -> String {
    prepare(train, test, config).expect_err("a refusal").to_string()
}

#[test]
fn a_missing_cell_takes_the_last_value_and_before_any_value_the_train_mean() {
    let train = series(0, &[("down", &[NAN, 2.0, NAN, NAN, 6.0]), ("up", &[1.0; 5])]);
    let test = series(9, &[("down", &[NAN, 90.0, NAN]), ("up", &[1.0; 3])]);
    let prepared = prepare(train, test, &PreprocessConfig::default()).expect("prepared");
    assert_eq!(values(&prepared.train, "down"), [4.0, 2.0, 2.0, 2.0, 6.0]);
    assert_eq!(prepared.means["down"], 4.0);
    assert_eq!(prepared.imputed_train["down"], [0, 2, 3]);
    assert!(!prepared.imputed_train.contains_key("up"));
    assert_eq!(values(&prepared.test, "down")[1..], [90.0, 90.0]);
    assert_eq!(prepared.imputed_test["down"], [0, 2]);
}

#[test]
fn the_test_part_starts_from_the_last_train_value() {
    let train = series(0, &[("down", &[2.0, 4.0, 12.0])]);
    let test = series(3, &[("down", &[NAN, 5.0])]);
    let prepared = prepare(train, test, &PreprocessConfig::default()).expect("prepared");
    assert_eq!(values(&prepared.test, "down"), [12.0, 5.0]);
}

#[test]
fn no_prepared_value_depends_on_a_later_one() {
    let measured = [NAN, 3.0, NAN, 5.0, NAN, NAN, 8.0, 1.0];
    let train = series(0, &[("down", &[1.0, 2.0])]);
    let whole =
        prepare(train.clone(), series(2, &[("down", &measured)]), &PreprocessConfig::default()).expect("prepared");
    for rows in 1..measured.len() {
        let test = series(2, &[("down", &measured[..rows])]);
        let part = prepare(train.clone(), test, &PreprocessConfig::default()).expect("prepared");
        assert_eq!(part.test, whole.test.slice(0..rows));
        assert_eq!(part.train, whole.train);
    }
}

#[test]
fn calendar_columns_follow_the_measured_ones_unless_switched_off() {
    let train = series(0, &[("down", &[1.0, 2.0]), ("up", &[1.0, 2.0])]);
    let test = series(2, &[("down", &[1.0]), ("up", &[1.0])]);
    let prepared = prepare(train.clone(), test.clone(), &PreprocessConfig::default()).expect("prepared");
    for part in [&prepared.train, &prepared.test] {
        let names: Vec<&str> = part.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names[..2], ["down", "up"]);
        assert_eq!(names[2..], CALENDAR_COLUMNS);
        assert_eq!(measured_columns(part), ["down", "up"]);
    }
    let config = PreprocessConfig { time_features: false, ..PreprocessConfig::default() };
    let plain = prepare(train.clone(), test.clone(), &config).expect("prepared");
    assert_eq!((plain.train, plain.test), (train, test));
}

#[test]
fn a_sample_is_the_beginning_of_each_part() {
    let train = series(0, &[("down", &[1.0, 3.0, 5.0, 7.0])]);
    let test = series(4, &[("down", &[9.0, 8.0, 7.0])]);
    let config = PreprocessConfig { sample_train_rows: 2, sample_test_rows: 50, ..PreprocessConfig::default() };
    let prepared = prepare(train, test, &config).expect("prepared");
    assert_eq!(values(&prepared.train, "down"), [1.0, 3.0]);
    assert_eq!(prepared.means["down"], 2.0);
    assert_eq!(prepared.test.rows(), 3);
}

#[test]
fn rows_with_too_many_missing_cells_are_dropped_and_become_gaps() {
    let config = PreprocessConfig { nans_drop_rows: true, ..PreprocessConfig::default() };
    // Of three cells, at least ceil(3 * 0.67) = 3 must be there.
    let train = series(0, &[("a", &[1.0, 2.0, NAN, 4.0, 5.0]), ("b", &[1.0; 5]), ("c", &[1.0, 2.0, 3.0, 4.0, 5.0])]);
    let test = series(5, &[("a", &[1.0, NAN]), ("b", &[1.0; 2]), ("c", &[1.0; 2])]);
    let prepared = prepare(train, test, &config).expect("prepared");
    assert_eq!(prepared.train.segments(STEP_MS), [0..2, 2..4]);
    assert_eq!(values(&prepared.train, "c"), [1.0, 2.0, 4.0, 5.0]);
    assert_eq!(prepared.test.rows(), 1);
    assert!(prepared.imputed_train.is_empty());
}

#[test]
fn missing_cells_are_named_when_they_may_not_be_imputed() {
    let config = PreprocessConfig { handle_nans: false, ..PreprocessConfig::default() };
    let train = series(0, &[("down", &[1.0, NAN, 3.0])]);
    let test = series(3, &[("down", &[1.0])]);
    assert_eq!(
        refusal(train, test.clone(), &config),
        "the train part has 1 missing cell (missing rows included) and HANDLE_NANS is false: set it to true, or complete the data: down at 1970-01-01T00:02:00"
    );
    let whole = series(0, &[("down", &[1.0, 2.0, 3.0])]);
    assert!(prepare(whole, test, &config).is_ok());
}

#[test]
fn parts_that_do_not_belong_together_are_refused_with_the_reason() {
    let default = PreprocessConfig::default();
    let train = series(0, &[("down", &[1.0, 2.0, 3.0]), ("up", &[1.0; 3])]);
    let both = |first, rows: usize| series(first, &[("down", &vec![1.0; rows]), ("up", &vec![1.0; rows])]);
    assert_eq!(
        refusal(train.clone(), series(3, &[("down", &[1.0]), ("x", &[1.0])]), &default),
        "the train part and the test part must have the same columns: only in the train part: up; only in the test part: x"
    );
    assert_eq!(
        refusal(train.clone(), both(2, 3), &default),
        "the test part starts at 1970-01-01T00:04:00, which is not after the end of the train part at 1970-01-01T00:04:00: the later part must follow in time"
    );
    let mut utc = both(3, 2);
    utc.form = TimeForm::Utc;
    assert_eq!(
        refusal(train.clone(), utc, &default),
        "the train part has times without a zone and the test part has times with a zone: write both the same way"
    );
    let mut slower = both(3, 2);
    slower.times_ms[1] += STEP_MS;
    assert_eq!(
        refusal(train.clone(), slower, &default),
        "the train part has a row every 120 s and the test part every 240 s: both need the same step"
    );
    assert_eq!(
        refusal(both(0, 1), both(3, 2), &default),
        "the train part has too few rows to tell its step: at least 2 are needed"
    );
    assert_eq!(refusal(train, both(3, 0), &default), "the test part has no rows: at least 1 is needed");
}

#[test]
fn columns_without_a_single_train_value_are_named() {
    let train = series(0, &[("a", &[NAN; 3]), ("b", &[1.0; 3]), ("c", &[NAN; 3])]);
    let test = series(3, &[("a", &[1.0]), ("b", &[1.0]), ("c", &[1.0])]);
    assert_eq!(
        refusal(train, test, &PreprocessConfig::default()),
        "the train part has columns without a single value: a, c: remove them"
    );
}

#[test]
fn the_test_part_may_hold_its_columns_in_another_order() {
    let train = series(0, &[("down", &[1.0, 2.0]), ("up", &[3.0, 4.0])]);
    let test = series(2, &[("up", &[5.0]), ("down", &[6.0])]);
    let prepared = prepare(train, test, &PreprocessConfig::default()).expect("prepared");
    assert_eq!(measured_columns(&prepared.test), ["down", "up"]);
    assert_eq!(values(&prepared.test, "up"), [5.0]);
}

#[test]
fn settings_that_cannot_be_honoured_are_refused_here_too() {
    let config = PreprocessConfig { clip_enable: true, ..PreprocessConfig::default() };
    let message = refusal(series(0, &[("down", &[1.0, 2.0])]), series(2, &[("down", &[1.0])]), &config);
    assert!(message.contains("CLIP_ENABLE"), "{message}");
}

#[test]
fn the_last_fifth_is_split_off_in_order() {
    let whole = series(0, &[("down", &[0.0; 11])]);
    let (train, test) = split_last_fifth(whole.clone());
    assert_eq!((train.rows(), test.rows()), (9, 2));
    assert_eq!(train.concat(&test), Ok(whole));
    let (train, test) = split_last_fifth(series(0, &[("down", &[0.0; 4])]));
    assert_eq!((train.rows(), test.rows()), (4, 0));
}

/// Runs only where `REAL_DATA` names the folder with the four measured files.
#[test]
fn the_measured_files_are_read_and_prepared() {
    let Some(folder) = std::env::var_os("REAL_DATA") else {
        return;
    };
    let read = |file: &str| {
        let bytes = std::fs::read(Path::new(&folder).join(file)).expect("the file");
        let started = std::time::Instant::now();
        let series = read_csv(&bytes, file, 30).expect("a series");
        let segments = series.segments(STEP_MS).len();
        let missing = |c: &Column| c.values.iter().filter(|v| v.is_nan()).count();
        let missing: usize = series.columns.iter().map(missing).sum();
        println!(
            "{file}: {} rows, {segments} segments, {missing} missing cells, {} ms",
            series.rows(),
            started.elapsed().as_millis()
        );
        assert_eq!(series.step_ms(), Some(STEP_MS));
        assert_eq!(series.columns.len(), 11);
        series
    };
    read("ElBorn.csv");
    read("LesCorts.csv");
    let (train, test) = (read("PobleSec.csv"), read("PobleSec_test.csv"));
    assert_eq!(
        test.times_ms[0] - train.times_ms[train.rows() - 1],
        STEP_MS,
        "the test part follows the train part without a gap"
    );
    let prepared = prepare(train, test, &PreprocessConfig::default()).expect("prepared");
    assert_eq!(prepared.train.columns.len(), 17);
    // Persistence on the scale of the train part, a figure known beforehand.
    let down = values(&prepared.test, "down");
    let scale = MinMax::fit(values(&prepared.train, "down")).expect("a range");
    let errors = (10..down.len()).map(|row| scale.scale(down[row]) - scale.scale(down[row - 1]));
    let count = errors.len() as f64;
    let rmse = (errors.map(|error| error * error).sum::<f64>() / count).sqrt();
    assert!((rmse - 0.04025).abs() < 5e-5, "{rmse}");
}
