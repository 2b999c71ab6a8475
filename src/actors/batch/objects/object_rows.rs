//! From the bytes of an object to its rows, and the memory that they take up.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use crate::actors::batch::claim_error::ClaimError;
use crate::actors::shared::CONTEXTS_MAX_BYTES;
use crate::forecast::{
    DataError, ImputedRows, ReadOptions, Series, Shape, file_shape, is_own_parquet, parquet_shape, read_parquet_within,
    read_series,
};
use crate::limits::{DATA_CELLS, Limit};
use crate::storage::imputed_rows;

/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// How often the cells of an object lie in memory while a claim is answered: as they are read, row by row, as truth that is measured and
/// that is compared with, and as forecasts of the backtest.
const WORK_COPIES: usize = 5;

/// The rows of one object.
pub struct ObjectRows {
    /// Hash of the object's bytes.
    pub sha256: String,
    /// The rows.
    pub series: Series,
    /// By column: rows that were not measured.
    pub imputed: ImputedRows,
}

impl ObjectRows {
    /// The memory that they take up, nearly all of it their times and values.
    pub fn bytes(&self) -> usize {
        self.shape().bytes()
    }

    /// The memory that a claim for them takes up while it is answered.
    pub fn work_bytes(&self) -> usize {
        work_bytes(self.shape())
    }

    fn shape(&self) -> Shape {
        Shape { rows: self.series.rows(), columns: self.series.columns.len() + 1 }
    }
}

/// The memory that the rows of a claim and the work on them take up.
pub fn work_bytes(shape: Shape) -> usize {
    shape.bytes().saturating_mul(WORK_COPIES).saturating_add(CONTEXTS_MAX_BYTES)
}

/// What an object becomes.
pub fn judge(bytes: &Bytes, name: &str, options: &ReadOptions) -> Result<Shape, ClaimError> {
    if is_own(bytes) {
        guarded(name, || parquet_shape(bytes, cells(options)))
    } else if bytes.starts_with(PARQUET) || is_table_name(name) {
        file_shape(bytes, name, options).map_err(|error| refused(name, error))
    } else {
        Err(refused(name, "it is no Parquet file, and its name does not end in .csv, .tsv or .txt"))
    }
}

/// The rows of an object.
pub fn parse(bytes: Bytes, name: &str, sha256: String, options: &ReadOptions) -> Result<ObjectRows, ClaimError> {
    let (series, metadata) = match is_own(&bytes) {
        true => guarded(name, || read_parquet_within(bytes, cells(options)))?,
        false => (read_series(&bytes, name, options).map_err(|error| refused(name, error))?, BTreeMap::new()),
    };
    let imputed = imputed_rows(&metadata);
    let imputed = imputed.map_err(|error| refused(name, format_args!("its metadata `imputed`: {error}")))?;
    Ok(ObjectRows { sha256, series, imputed })
}

/// Whether the bytes are Parquet as data sets have it; other tables are read cell by cell.
fn is_own(bytes: &Bytes) -> bool {
    bytes.starts_with(PARQUET) && catch_unwind(AssertUnwindSafe(|| is_own_parquet(bytes))).unwrap_or(false)
}

/// Whether an object of this name may be a table of text, compressed or not.
fn is_table_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [".csv", ".tsv", ".txt"].iter().any(|ending| name.ends_with(ending))
}

fn cells(options: &ReadOptions) -> Limit {
    DATA_CELLS.with_max(options.max_cells)
}

/// Runs the Parquet reader; bytes that only look like a Parquet file may make it panic.
fn guarded<T>(name: &str, read: impl FnOnce() -> Result<T, DataError>) -> Result<T, ClaimError> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.map_err(|_| refused(name, "the Parquet file is damaged"))?.map_err(|error| refused(name, error))
}

fn refused(name: &str, cause: impl std::fmt::Display) -> ClaimError {
    ClaimError::rejected_for_good(format!("object {name} cannot be used: {cause}"))
}
