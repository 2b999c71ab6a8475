//! From files to series and data sets.
//!
//! * `error`: what is wrong with data, as one sentence and as a list
//! * `features`: the calendar columns: a time's place in the day, the week and the year, as points on circles
//! * `grid`: regular steps: rows in order on one grid, short gaps filled with missing rows
//! * `identity`: names of series, and names by content: hashes over canonical JSON text
//! * `impute`: missing cells: dropped rows, and the last value or the train mean in their place
//! * `parquet`: series as Parquet files
//! * `parquet_schema`: the schema of a Parquet file, before the reader of Parquet sees it
//! * `preprocess`: from a measured train and test series to two that models can use
//! * `preprocess_config`: the preprocessing configuration, its canonical JSON and its hash
//! * `reader`: readers of file formats
//! * `series`: measurements in time: named columns over strictly increasing timestamps
//! * `shape`: how many rows and columns a file becomes
//! * `steps`: the steps between the times of neighbouring rows
//! * `synthetic`: invented measurements of a busy radio cell
//! * `time_column`: which column holds the time

mod error;
mod features;
mod grid;
mod identity;
mod impute;
mod parquet;
mod parquet_schema;
mod preprocess;
mod preprocess_config;
mod reader;
mod series;
mod shape;
mod steps;
mod synthetic;
mod time_column;

pub use error::DataError;
pub use features::{CALENDAR_COLUMNS, add_calendar, calendar};
pub use grid::GridRules;
pub use identity::{
    IDENTIFIER_PATTERN, IDENTIFIER_RULE, canonical_text, dataset_id, is_identifier, is_sha256_hex, run_id, sha256_hex,
    train_hash,
};
pub use impute::ImputedRows;
pub use parquet::{parquet_shape, read_parquet, read_parquet_within, write_parquet};
pub use preprocess::{Prepared, measured_columns, prepare, split_last_fifth};
pub use preprocess_config::PreprocessConfig;
pub use reader::{csv_shape, read_csv, read_csv_within};
pub use series::{Column, Series, TimeForm, format_time, parse_time};
pub use shape::Shape;
pub use synthetic::{SAMPLE_DAYS, sample, to_csv};
pub use time_column::{TIME_COLUMNS, find_time_column};
