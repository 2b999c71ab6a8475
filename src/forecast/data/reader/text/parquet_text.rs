//! The rows of a Parquet file as text, a batch at a time.

use std::fmt::{Display, Write as _};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::{Array, ArrayRef, RecordBatch, TimestampMillisecondArray, make_array};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use bytes::Bytes;
use chrono::DateTime;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::forecast::data::parquet_schema::check_schema;
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::limits::{DATA_CELLS, DATA_COLUMNS};

/// Cells that are decoded at a time.
const BATCH_CELLS: usize = 1 << 16;
/// Bytes that a cell may take where a column is decoded, on the average, and what its dictionary may take besides.
const CELL_BYTES_MAX: i64 = 256;
const DICTIONARY_BYTES: i64 = 4 << 20;

/// A Parquet file whose footer was read.
pub(crate) struct ParquetFile {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    batch_rows: usize,
}

impl ParquetFile {
    /// Reads the footer; refuses a file of more than `max_cells` cells, and columns that take more memory than cells of tables do.
    pub(super) fn open(bytes: Bytes, max_cells: u64) -> Result<Self, Mistakes> {
        check_schema(&bytes).map_err(unreadable)?;
        let metadata = guarded(|| ArrowReaderMetadata::load(&bytes, Default::default()))?.map_err(unreadable)?;
        let columns = metadata.schema().fields().len();
        DATA_COLUMNS.check(columns)?;
        let mut rows: i64 = 0;
        for group in metadata.metadata().row_groups() {
            let in_group = group.num_rows();
            if in_group < 0 || group.columns().iter().any(|column| column.num_values() < in_group) {
                return Err(unreadable("its footer contradicts itself"));
            }
            let most = in_group.saturating_mul(CELL_BYTES_MAX).saturating_add(DICTIONARY_BYTES);
            if group.columns().iter().any(|column| column.uncompressed_size() > most) {
                return Err(unreadable("a column takes more bytes than the cells of a table do"));
            }
            rows = rows.saturating_add(in_group);
        }
        DATA_CELLS.with_max(max_cells).check_product(rows, columns.saturating_sub(1).max(1))?;
        let batch_rows = (BATCH_CELLS / columns.max(1)).max(1);
        Ok(Self { bytes, metadata, batch_rows })
    }

    /// The rows as CSV with a line of names, from the start.
    pub(super) fn text(&self) -> Result<Box<dyn Read>, Mistakes> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
        let batches = guarded(|| builder.with_batch_size(self.batch_rows).build())?.map_err(unreadable)?;
        let names: Vec<String> = self.metadata.schema().fields().iter().map(|field| quoted(field.name())).collect();
        Ok(Box::new(ParquetText { batches, piece: (names.join(",") + "\n").into_bytes(), at: 0 }))
    }
}

/// Runs the reader of Parquet; bytes that only look like a file of it may make it panic.
fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, Mistakes> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| unreadable("it is damaged"))
}

fn unreadable(error: impl Display) -> Mistakes {
    Mistakes::of_file(format!("the Parquet file cannot be read: {error}; write it again, uncompressed or with snappy"))
}

/// The text of one batch after the other.
struct ParquetText {
    batches: ParquetRecordBatchReader,
    piece: Vec<u8>,
    at: usize,
}

impl Read for ParquetText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(batch) = guarded(|| self.batches.next()).map_err(io::Error::other)? else { return Ok(0) };
            self.piece = text_of(&batch.map_err(io::Error::other)?)?.into_bytes();
            self.at = 0;
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn text_of(batch: &RecordBatch) -> io::Result<String> {
    let options = FormatOptions::default();
    let columns: Result<Vec<Cells<'_>>, _> = batch.columns().iter().map(|column| Cells::of(column, &options)).collect();
    let columns = columns.map_err(io::Error::other)?;
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            column.write(row, &mut text)?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// The cells of a column in a batch.
enum Cells<'a> {
    /// Times, so many units a second; with a zone they are in UTC.
    Times {
        values: ArrayRef,
        has_zone: bool,
    },
    Others {
        array: &'a ArrayRef,
        formatter: ArrayFormatter<'a>,
        is_text: bool,
    },
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef, options: &'a FormatOptions<'a>) -> Result<Self, ArrowError> {
        if let DataType::Timestamp(_, zone) = array.data_type() {
            let in_ms = DataType::Timestamp(TimeUnit::Millisecond, None);
            // the zone is taken off first: instants stay as they are
            let values = cast(&without_zone(array)?, &in_ms)?;
            return Ok(Cells::Times { values, has_zone: zone.is_some() });
        }
        let is_number = array.data_type().is_numeric() || matches!(array.data_type(), DataType::Boolean);
        Ok(Cells::Others { array, formatter: ArrayFormatter::try_new(array.as_ref(), options)?, is_text: !is_number })
    }

    fn write(&self, row: usize, text: &mut String) -> io::Result<()> {
        match self {
            Cells::Times { values, .. } if values.is_null(row) => {}
            Cells::Times { values, has_zone } => {
                let times: &TimestampMillisecondArray =
                    values.as_any().downcast_ref().ok_or_else(|| io::Error::other("a column of times is none"))?;
                let time = DateTime::from_timestamp_millis(times.value(row));
                let time = time.ok_or_else(|| io::Error::other("a time lies outside the calendar"))?;
                let zone = if *has_zone { "Z" } else { "" };
                let has_fraction = times.value(row).rem_euclid(1000) != 0;
                let pattern = if has_fraction { "%Y-%m-%dT%H:%M:%S%.3f" } else { "%Y-%m-%dT%H:%M:%S" };
                write!(text, "{}{zone}", time.format(pattern)).map_err(io::Error::other)?;
            }
            Cells::Others { array, .. } if array.is_null(row) => {}
            Cells::Others { formatter, is_text: false, .. } => {
                write!(text, "{}", formatter.value(row)).map_err(io::Error::other)?;
            }
            Cells::Others { formatter, .. } => {
                let value = formatter.value(row).try_to_string().map_err(io::Error::other)?;
                text.push_str(&quoted(&value));
            }
        }
        Ok(())
    }
}

/// The same instants without the name of a zone.
fn without_zone(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let data = array.to_data().into_builder().data_type(DataType::Timestamp(*unit, None)).build()?;
            Ok(make_array(data))
        }
        _ => Ok(array.clone()),
    }
}

/// A text as a cell of CSV.
fn quoted(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
