//! The domain, pure: no actor, no network, no clock.
//!
//! * files to rows: `csv`, `grid`, `parquet`, `series`; `synthetic` makes some
//! * rows to data sets: `preprocess`, `impute`, `features`; `canonical` and `identity` name them
//! * data sets to models: `model` and `manifest` say what one is; `fit` trains one; `recurrent` (with `net`, `training`, `course`, `adam`,
//!   `checkpoint`), `baseline` are the families; `progress` says who watches; `origins`, `encoder`, `transform`, `scaler`, `season`, `weights` are their parts
//! * models to decisions: `score`, `judge`
//! * requests and claims to forecasts: `request`, `replay`, `served`

mod adam;
mod baseline;
mod canonical;
mod checkpoint;
mod course;
mod csv;
mod encoder;
mod error;
mod family;
mod features;
mod fit;
mod grid;
mod identity;
mod impute;
pub mod judge;
mod manifest;
pub mod model;
mod net;
mod origins;
mod parquet;
mod preprocess;
mod progress;
mod recurrent;
mod replay;
mod request;
mod scaler;
pub mod score;
mod scored_rows;
mod season;
mod series;
mod served;
mod synthetic;
mod training;
mod transform;
mod weights;

pub use canonical::PreprocessConfig;
pub use csv::read_csv;
pub use error::DataError;
pub use features::{CALENDAR_COLUMNS, add_calendar, calendar};
pub use fit::fit;
pub use identity::{
    IDENTIFIER_PATTERN, IDENTIFIER_RULE, canonical_text, dataset_id, is_identifier, run_id, sha256_hex, train_hash,
};
pub use impute::ImputedRows;
pub use judge::{Candidate, Decision, Verdict, judge};
pub use manifest::{Artifact, MANIFEST_VERSION, Manifest};
pub use model::{
    Context, Family, Forecast, Forecaster, Lineage, ModelError, TrainSettings, TrainingData, WEIGHTS_FILE,
};
pub use parquet::{read_parquet, write_parquet};
pub use preprocess::{Prepared, measured_columns, prepare, split_last_fifth};
pub use progress::{Next, Progress};
pub use replay::{ClaimRows, REPLAY_ORIGINS_MAX, ReplayErrors, ReplaySample};
pub use request::{MAX_HORIZON, PreparedRequest, RequestError, RequestRows, check_forecast, prepare_request};
pub use scaler::MinMax;
pub use score::{Metrics, ScoreWeights, TestWindow, evaluate, test_window};
pub use season::Blend;
pub use series::{Column, Series, TimeForm, format_time, parse_time};
pub use served::{Served, forecast_alone};
pub use synthetic::{SAMPLE_DAYS, sample, to_csv};
pub use transform::{ColumnTransform, InputKind, Link, TargetTransform};
