//! The domain, pure: no actor, no network, no clock.
//!
//! Each part imports from those above it alone.
//!
//! * `data`: from files to series and data sets
//! * `model`: what a model is: training data and settings, manifest, tensors, contexts and forecasts
//! * `families`: the families of models, and the one table of them
//! * `evaluate`: scores, the shared test window, and the decision which model is served
//! * `serve`: from the rows of a request or of a claim to a forecast, and from a forecast to JSON

mod data;
mod evaluate;
mod families;
mod model;
mod serve;

pub use data::{
    CALENDAR_COLUMNS, Column, DataError, GridRules, IDENTIFIER_PATTERN, IDENTIFIER_RULE, ImputedRows, Prepared,
    PreprocessConfig, SAMPLE_DAYS, Series, Shape, TIME_COLUMNS, TimeForm, add_calendar, calendar, canonical_text,
    csv_shape, dataset_id, find_time_column, format_time, is_identifier, is_sha256_hex, measured_columns,
    parquet_shape, parse_time, prepare, read_csv, read_csv_within, read_parquet, read_parquet_within, run_id, sample,
    sha256_hex, split_last_fifth, to_csv, train_hash, write_parquet,
};
pub use evaluate::{
    Candidate, Champion, Contestant, Measured, Metrics, PromotionChoice, Rules, ScoreWeights, StepMetrics, TestOrigins,
    TestWindow, Verdict, evaluate, judge, measure, test_window,
};
pub use families::{FAMILY_NAMES, HeldMemory, ModelMemory, TRAINED_NAMES, VerifiedModel, fit, use_one_torch_thread};
pub use model::{
    Artifact, Blend, ColumnTransform, Context, Family, Forecast, Forecaster, InputKind, Lineage, Link,
    MANIFEST_VERSION, Manifest, MinMax, ModelError, Progress, Standing, TargetTransform, TrainSettings, TrainSignal,
    TrainingData, WEIGHTS_FILE,
};
pub use serve::{
    BACKTEST_ORIGINS_MAX, BacktestErrors, BacktestSample, ClaimRows, MAX_HORIZON, PreparedRequest, RequestError,
    RequestRows, TimeTexts, check_forecast, forecast_times, prediction_rows, prepare_request,
};
