//! The domain, pure: no actor, no network, no clock.
//!
//! Each part imports from those above it alone.
//!
//! * `data`: from files to series and data sets
//! * `model`: what a model is: training data and settings, manifest, tensors, contexts and forecasts
//! * `classical`: classical methods of one target: ETS, Theta, MSTL, Prophet and more, and their blend
//! * `families`: the families of models, and the one table of them
//! * `evaluate`: scores, the shared test window, and the decision which model is served
//! * `selection`: the cheap families fitted to one series, and the one that forecasts it best
//! * `serve`: from the rows of a request or of a claim to a forecast, and from a forecast to JSON

pub mod classical;
mod data;
mod evaluate;
mod families;
mod model;
mod selection;
mod serve;

pub use data::{
    CALENDAR_COLUMNS, Column, ColumnUnderstanding, Compression, DataError, DateOrder, Duplicates, Encoding, Fate,
    FileParts, Freq, Grid, IDENTIFIER_PATTERN, IDENTIFIER_RULE, ImputedRows, LocalClock, Mistakes, MonthDay, Prepared,
    PreprocessConfig, ReadOptions, Reading, Repairs, Resample, SAMPLE_DAYS, Series, SeriesParts, Shape, Step, Steps,
    TIME_COLUMNS, TimeAxis, TimeForm, TimeFormat, TimeUnderstanding, TimeWriter, Understanding, add_calendar, calendar,
    canonical_text, dataset_id, file_shape, find_time_column, format_time, identifier_of, is_cut_at_lines,
    is_identifier, is_own_parquet, is_sha256_hex, measured_columns, parquet_shape, parse_time, prepare, read_csv,
    read_file, read_parquet, read_parquet_within, read_parts, read_series, run_id, sample, series_of, sha256_hex,
    split_last_fifth, time_zone, to_csv, train_hash, write_parquet,
};
pub use evaluate::{
    Candidate, Champion, Contestant, Measured, Metrics, PromotionChoice, Rules, ScoreWeights, StepMetrics, TestOrigins,
    TestWindow, Verdict, evaluate, judge, measure, measure_model, test_window,
};
pub use families::{FAMILY_NAMES, HeldMemory, ModelMemory, TRAINED_NAMES, VerifiedModel, fit, use_one_torch_thread};
pub use model::{
    Artifact, Blend, ColumnTransform, Context, Family, Forecast, Forecaster, InputKind, Lineage, Link,
    MANIFEST_VERSION, Manifest, MinMax, ModelError, Progress, Standing, TargetTransform, TrainSettings, TrainSignal,
    TrainingData, WEIGHTS_FILE, chosen_targets,
};
pub use selection::{Fitted, Selection, SelectionError, SelectionSettings, side_by_side};
pub use serve::{
    BACKTEST_ORIGINS_MAX, BacktestErrors, BacktestSample, ClaimRows, KNOWN_ROWS_MAX, MAX_HORIZON, PreparedRequest,
    RequestError, RequestRows, TimeTexts, check_forecast, forecast_times, last_rows, measured_rows, newest_rows,
    prediction_rows, prepare_request,
};
