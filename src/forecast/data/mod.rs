//! From files to series and data sets.
//!
//! * `error`: What is wrong with data, as one sentence and as a list
//! * `features`: Where a time stands in the day, the week and the year, as points on circles
//! * `grid`: Regular steps: rows in order on one grid, short gaps filled with missing rows
//! * `identity`: Names: what a series may be called, and names by content, which are hashes taken over canonical JSON text
//! * `impute`: Missing cells: dropped rows, and the last value or the train mean in their place
//! * `parquet`: Series as Parquet: a `time` column of millisecond timestamps, then one 64-bit float column a name
//! * `preprocess`: From two series as measured to two that models can use: sampling, imputation, calendar
//! * `preprocess_config`: The preprocessing configuration, its canonical JSON and its hash
//! * `reader`: Readers of file formats
//! * `series`: Measurements in time: named columns over strictly increasing timestamps
//! * `synthetic`: Invented measurements of a busy radio cell: daily and weekly seasons, bursts, noise, gaps

mod error;
mod features;
mod grid;
mod identity;
mod impute;
mod parquet;
mod preprocess;
mod preprocess_config;
mod reader;
mod series;
mod synthetic;

pub use error::DataError;
pub(crate) use features::DAYS_FOR_CALENDAR;
pub use features::{CALENDAR_COLUMNS, add_calendar, calendar};
pub use identity::{
    IDENTIFIER_PATTERN, IDENTIFIER_RULE, canonical_text, dataset_id, is_identifier, run_id, sha256_hex, train_hash,
};
pub use impute::ImputedRows;
pub use parquet::{read_parquet, write_parquet};
pub use preprocess::{Prepared, measured_columns, prepare, split_last_fifth};
pub use preprocess_config::PreprocessConfig;
pub use reader::read_csv;
pub use series::{Column, Series, TimeForm, format_time, parse_time};
pub use synthetic::{SAMPLE_DAYS, sample, to_csv};
