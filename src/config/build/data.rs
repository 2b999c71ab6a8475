//! The data set: its files, how they are prepared, and the columns to forecast.

use crate::config::reader::Reader;
use crate::config::tree::{Data, Targets};
use crate::forecast::{PreprocessConfig, ReadOptions, time_zone};

/// Reads the settings of the data set.
pub fn read(reader: &mut Reader) -> Data {
    let read = read_options(reader);
    let preprocess = PreprocessConfig { reading: read.settings(), ..preprocess(reader) };
    let targets = match reader.optional_list("TARGETS") {
        None => Targets::First,
        Some(names) if names == ["*"] => Targets::All,
        Some(names) => named_targets(reader, names),
    };
    let force_reprocess = reader.bool("FORCE_REPROCESS");
    Data { preprocess, targets, read, force_reprocess }
}

/// Reads how files are read.
fn read_options(reader: &mut Reader) -> ReadOptions {
    let options = ReadOptions {
        time_columns: reader.list("TIME_COLUMN"),
        date_order: parsed(reader, "DATE_ORDER", |text| text.parse()),
        time_zone: parsed(reader, "TIME_ZONE", time_zone),
        freq: parsed(reader, "FREQ", |text| text.parse()),
        resample: parsed(reader, "RESAMPLE", |text| text.parse()),
        duplicates: parsed(reader, "DUPLICATES", |text| text.parse()),
        categories: reader.list("CATEGORIES"),
        ignore_columns: reader.list("IGNORE_COLUMNS"),
        id_column: reader.optional_text("ID_COLUMN"),
        series_max: reader.whole("SERIES_MAX"),
        max_gap_rows: reader.whole("MAX_GAP_ROWS"),
        max_cells: reader.whole("MAX_CELLS"),
        ..ReadOptions::default()
    };
    if options.resample.is_some() && !reader.is_given("FREQ") {
        reader.mistake("RESAMPLE needs FREQ; set FREQ to the step you want, such as h or D");
    }
    options
}

/// The value of a setting whose text `read` understands.
fn parsed<T>(reader: &mut Reader, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    let text = reader.optional_text(name)?;
    read(&text).map_err(|error| reader.mistake(format!("{name}: {error}"))).ok()
}

fn named_targets(reader: &mut Reader, names: Vec<String>) -> Targets {
    if names.iter().any(|name| name == "*") {
        reader.mistake("TARGETS names '*' beside columns; use '*' alone, or name the columns");
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            reader.mistake(format!("TARGETS names '{name}' twice; name each column once"));
        }
    }
    Targets::Named(names)
}

fn preprocess(reader: &mut Reader) -> PreprocessConfig {
    let defaults = PreprocessConfig::default();
    let data_set = reader.optional_text("DATASET_NAME");
    let of_data_set = |ending: &str| data_set.as_ref().map(|name| format!("{name}{ending}"));
    let train_file =
        reader.optional_text("TRAIN_FILE").or_else(|| of_data_set(".csv")).unwrap_or(defaults.train_file.clone());
    let test_file =
        reader.optional_text("TEST_FILE").or_else(|| of_data_set("_test.csv")).unwrap_or(defaults.test_file.clone());
    reader.derived("TRAIN_FILE", &train_file);
    reader.derived("TEST_FILE", &test_file);
    if train_file == test_file {
        reader.mistake(format!(
            "TRAIN_FILE and TEST_FILE are both '{train_file}'; rename one of them, since a model is not tested on its own training data"
        ));
    }
    let config = PreprocessConfig {
        train_file,
        test_file,
        sample_train_rows: reader.whole("SAMPLE_TRAIN_ROWS"),
        sample_test_rows: reader.whole("SAMPLE_TEST_ROWS"),
        sample_strategy: reader.text("SAMPLE_STRATEGY"),
        handle_nans: reader.bool("HANDLE_NANS"),
        nans_threshold: reader.number("NANS_THRESHOLD"),
        nans_knn: reader.whole("NANS_KNN"),
        nans_drop_rows: reader.bool("NANS_DROP_ROWS"),
        time_features: reader.bool("TIME_FEATURES_ENABLE"),
        scaler: reader.text("SCALER"),
        clip_enable: reader.bool("CLIP_ENABLE"),
        clip_method: reader.list("CLIP_METHOD").join(","),
        clip_factor: reader.number("CLIP_FACTOR"),
        lags_enable: reader.bool("LAGS_ENABLE"),
        lags_n: reader.whole("LAGS_N"),
        lags_step: reader.whole("LAGS_STEP"),
        add_val: reader.optional_text("ADD_VAL"),
        hash_salt: reader.text("EXTRA_HASH_SALT"),
        ..defaults
    };
    for mistake in config.unsupported() {
        reader.mistake(mistake);
    }
    config
}
