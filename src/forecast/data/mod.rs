//! From files to series and data sets.
//!
//! * `column`: one named column of numbers
//! * `error`: what is wrong with data, as one sentence and as a list
//! * `features`: the calendar columns: a time's place in the day, the week and the year, as points on circles
//! * `identity`: names of series, and names by content: hashes over canonical JSON text
//! * `impute`: missing cells: dropped rows, and the last value or the train mean in their place
//! * `parquet`: series as Parquet files
//! * `parquet_schema`: the schema of a Parquet file, before the reader of Parquet sees it
//! * `preprocess`: from a measured train and test series to two that models can use
//! * `preprocess_config`: the preprocessing configuration, its canonical JSON and its hash
//! * `read_file`: from the bytes of files to series, and train and test part of each
//! * `reader`: reads what people have: formats, times, grids and calendar steps
//! * `series`: measurements in time: named columns over strictly increasing timestamps
//! * `shape`: how many rows and columns a file becomes
//! * `slug`: identifiers for names of series as people write them
//! * `synthetic`: invented measurements of a busy radio cell
//! * `time`: times of series: as texts, on local clocks, and from step to step

mod column;
mod error;
mod features;
mod identity;
mod impute;
mod parquet;
mod parquet_schema;
mod preprocess;
mod preprocess_config;
mod read_file;
mod reader;
mod series;
mod shape;
mod slug;
mod synthetic;
mod time;

pub use column::Column;
pub use error::DataError;
pub use features::{CALENDAR_COLUMNS, add_calendar, calendar};
pub use identity::{
    IDENTIFIER_PATTERN, IDENTIFIER_RULE, canonical_text, dataset_id, is_identifier, is_sha256_hex, run_id, sha256_hex,
    train_hash,
};
pub use impute::ImputedRows;
pub use parquet::{is_own_parquet, parquet_shape, read_parquet, read_parquet_within, write_parquet};
pub use preprocess::{Prepared, measured_columns, prepare, split_last_fifth};
pub use preprocess_config::PreprocessConfig;
pub use read_file::{
    FileParts, SeriesParts, file_shape, is_cut_at_lines, read_csv, read_file, read_parts, read_series, series_of,
};
pub use reader::{
    CellTimes, CellTimesError, ColumnUnderstanding, Compression, DateOrder, Duplicates, Encoding, Fate, Freq, Grid,
    LocalClock, Mistakes, MonthDay, ReadOptions, Reading, Repairs, Resample, Step, TimeFormat, TimeUnderstanding,
    Understanding, cell_times, time_zone,
};
pub use series::Series;
pub use shape::Shape;
pub use slug::identifier_of;
pub use synthetic::{SAMPLE_DAYS, sample, to_csv};
pub use time::{Steps, TIME_COLUMNS, TimeAxis, TimeForm, TimeWriter, find_time_column, format_time, parse_time};
