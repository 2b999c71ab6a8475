//! The domain, pure: no actor, no network, no clock.
//!
//! * `data`: From files to series and data sets
//! * `evaluate`: Scores, the shared test window, and the decision who is served
//! * `families`: The families of models, and the one table of them
//! * `model`: What a model is: types, families, manifest, weights, scaling
//! * `serve`: From a request or a claim to a forecast

mod data;
pub(crate) mod evaluate;
pub(crate) mod families;
mod model;
mod serve;

pub use data::{
    CALENDAR_COLUMNS, Column, DataError, IDENTIFIER_PATTERN, IDENTIFIER_RULE, ImputedRows, Prepared, PreprocessConfig,
    SAMPLE_DAYS, Series, TimeForm, add_calendar, calendar, canonical_text, dataset_id, format_time, is_identifier,
    measured_columns, parse_time, prepare, read_csv, read_parquet, run_id, sample, sha256_hex, split_last_fifth,
    to_csv, train_hash, write_parquet,
};
pub use evaluate::{
    Candidate, Metrics, PromotionChoice, ScoreWeights, TestWindow, Verdict, evaluate, judge, test_window,
};
pub use families::{VerifiedModel, fit, forecast_alone};
pub use model::{
    Artifact, Blend, ColumnTransform, Context, Family, Forecast, Forecaster, InputKind, Lineage, Link,
    MANIFEST_VERSION, Manifest, MinMax, ModelError, Progress, TargetTransform, TrainSettings, TrainSignal,
    TrainingData, WEIGHTS_FILE,
};
pub use serve::{
    BACKTEST_ORIGINS_MAX, BacktestErrors, BacktestSample, ClaimRows, MAX_HORIZON, PreparedRequest, RequestError,
    RequestRows, check_forecast, prepare_request,
};
