//! Series as Parquet: a `time` column of millisecond timestamps, then one 64-bit float column a name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter};
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::limits::{DATA_CELLS, DATA_COLUMNS, Limit, LimitExceeded};

use super::column::Column;
use super::error::DataError;
use super::parquet_schema::check_schema;
use super::series::Series;
use super::shape::Shape;
use super::time::{TimeAxis, TimeForm};

const TIME_COLUMN: &str = "time";
const UTC: &str = "UTC";
/// The key of the pair that says how the series stands in time, where that is not plain.
const TIME_AXIS: &str = "time_axis";
/// Bytes that the dictionary and the headers of a column may take in a row group beside its values.
const DICTIONARY_BYTES: i64 = 4 << 20;
/// Cells that are decoded at a time.
const BATCH_CELLS: usize = 1 << 18;

/// The series with `metadata` as the file's key-value pairs; equal series and metadata give equal bytes.
pub fn write_parquet(series: &Series, metadata: &[(String, String)]) -> Result<Vec<u8>, DataError> {
    if series.column(TIME_COLUMN).is_some() {
        return Err(DataError::new("a measured column is called time, as the time column is: rename it"));
    }
    let batch = to_batch(series).map_err(cannot_write)?;
    let axis = serde_json::to_string(&series.axis).map_err(cannot_write)?;
    let axis = (!series.axis.is_plain()).then(|| KeyValue::new(TIME_AXIS.to_owned(), axis));
    let pairs = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).chain(axis).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("flts".to_owned())
        .set_key_value_metadata(Some(pairs))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).map_err(cannot_write)?;
    writer.write(&batch).map_err(cannot_write)?;
    writer.into_inner().map_err(cannot_write)
}

/// The series and the key-value pairs of a file; absent cells are NaN. Check the hash of `bytes` first: a damaged file may read as another one, or panic inside the Parquet reader.
pub fn read_parquet(bytes: Bytes) -> Result<(Series, BTreeMap<String, String>), DataError> {
    read_parquet_within(bytes, DATA_CELLS)
}

/// The same with a limit on the cells of its own. It is judged from the footer, and kept to while rows are decoded.
pub fn read_parquet_within(bytes: Bytes, cells: Limit) -> Result<(Series, BTreeMap<String, String>), DataError> {
    let metadata = metadata_of(&bytes)?;
    let shape = shape_of(&metadata, cells)?;
    let pairs = key_values(&metadata);
    let mut series = empty_series(metadata.schema(), shape.rows)?;
    series.axis = time_axis(&pairs)?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
    for batch in reader.with_batch_size(batch_rows(shape)).build().map_err(cannot_read)? {
        let batch = batch.map_err(cannot_read)?;
        // the row groups may hold more than the footer says
        if series.rows() + batch.num_rows() > shape.rows {
            return Err(cannot_read("it holds more rows than its footer says"));
        }
        append(&mut series, &batch)?;
    }
    if series.times_ms.windows(2).any(|pair| pair[1] <= pair[0]) {
        return Err(cannot_read("its times do not increase from row to row"));
    }
    Ok((series, pairs))
}

/// Whether a file has the columns that [`write_parquet`] writes: a time in milliseconds, and 64-bit floats.
pub fn is_own_parquet(bytes: &Bytes) -> bool {
    metadata_of(bytes).is_ok_and(|metadata| empty_series(metadata.schema(), 0).is_ok())
}

/// What a file becomes, from its footer alone: however well it is packed, each row is decoded.
///
/// # Errors
/// The footer cannot be read, or there are more cells than the limit.
pub fn parquet_shape(bytes: &Bytes, cells: Limit) -> Result<Shape, DataError> {
    shape_of(&metadata_of(bytes)?, cells)
}

fn metadata_of(bytes: &Bytes) -> Result<ArrowReaderMetadata, DataError> {
    check_schema(bytes).map_err(cannot_read)?;
    ArrowReaderMetadata::load(bytes, Default::default()).map_err(cannot_read)
}

fn shape_of(metadata: &ArrowReaderMetadata, cells: Limit) -> Result<Shape, DataError> {
    let refused = |error: LimitExceeded| DataError::new(format!("the Parquet file cannot be used: {error}"));
    let columns = metadata.schema().fields().len();
    DATA_COLUMNS.check(columns).map_err(refused)?;
    let mut rows: i64 = 0;
    for group in metadata.metadata().row_groups() {
        let of_group = group.num_rows();
        if of_group < 0 || group.columns().iter().any(|column| column.num_values() != of_group) {
            return Err(cannot_read("its footer contradicts itself"));
        }
        // what is packed well takes its whole size, page by page, while it is decoded
        let unpacked_max = of_group.saturating_mul(2 * 8).saturating_add(DICTIONARY_BYTES);
        if group.columns().iter().any(|column| column.uncompressed_size() > unpacked_max) {
            return Err(cannot_read("a column takes more bytes than its values; write it again"));
        }
        rows = rows.saturating_add(of_group);
    }
    cells.check_product(rows, columns).map_err(refused)?;
    let rows = usize::try_from(rows).map_err(cannot_read)?;
    Ok(Shape { rows, columns })
}

/// Rows that are decoded at a time, so that a batch of a wide file is no larger than one of a narrow file.
fn batch_rows(shape: Shape) -> usize {
    (BATCH_CELLS / shape.columns.max(1)).max(1)
}

fn cannot_write(error: impl Display) -> DataError {
    DataError::new(format!("the rows cannot be written as Parquet: {error}"))
}

fn cannot_read(error: impl Display) -> DataError {
    DataError::new(format!("the Parquet file cannot be read: {error}"))
}

fn time_type(form: TimeForm) -> DataType {
    let zone = match form {
        TimeForm::Naive => None,
        TimeForm::Utc => Some(UTC.into()),
    };
    DataType::Timestamp(TimeUnit::Millisecond, zone)
}

fn to_batch(series: &Series) -> Result<RecordBatch, ArrowError> {
    let times = TimestampMillisecondArray::from(series.times_ms.clone());
    let times = match series.form {
        TimeForm::Naive => times,
        TimeForm::Utc => times.with_timezone(UTC),
    };
    let mut fields = vec![Field::new(TIME_COLUMN, time_type(series.form), false)];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(times)];
    for column in &series.columns {
        fields.push(Field::new(&column.name, DataType::Float64, false));
        arrays.push(Arc::new(Float64Array::from(column.values.clone())));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

fn key_values(metadata: &ArrowReaderMetadata) -> BTreeMap<String, String> {
    let pairs = metadata.metadata().file_metadata().key_value_metadata();
    pairs
        .into_iter()
        .flatten()
        .filter(|pair| pair.key != ARROW_SCHEMA_META_KEY)
        .map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default()))
        .collect()
}

/// How the series stands in time; files of earlier versions do not say.
fn time_axis(pairs: &BTreeMap<String, String>) -> Result<TimeAxis, DataError> {
    let Some(text) = pairs.get(TIME_AXIS) else { return Ok(TimeAxis::default()) };
    let axis: TimeAxis = serde_json::from_str(text).map_err(cannot_read)?;
    if axis.is_sound() { Ok(axis) } else { Err(cannot_read("its steps are out of range")) }
}

/// A series without rows that has the file's columns and form; anything but times and floats is refused.
fn empty_series(schema: &Schema, rows: usize) -> Result<Series, DataError> {
    let mut form = None;
    let mut columns = Vec::new();
    for field in schema.fields() {
        match field.data_type() {
            DataType::Timestamp(TimeUnit::Millisecond, zone) if field.name() == TIME_COLUMN => {
                form = Some(match zone {
                    None => TimeForm::Naive,
                    Some(_) => TimeForm::Utc,
                });
            }
            DataType::Float64 if field.name() != TIME_COLUMN => {
                columns.push(Column { name: field.name().clone(), values: Vec::with_capacity(rows) })
            }
            other => {
                return Err(cannot_read(format!(
                    "its column {} has type {other}: expected are time in milliseconds and 64-bit floats",
                    field.name()
                )));
            }
        }
    }
    let form = form.ok_or_else(|| cannot_read("it has no column time"))?;
    Ok(Series { form, axis: TimeAxis::default(), times_ms: Vec::with_capacity(rows), columns })
}

fn append(series: &mut Series, batch: &RecordBatch) -> Result<(), DataError> {
    let array = |name: &str| batch.column_by_name(name).ok_or_else(|| cannot_read(format!("it has no column {name}")));
    let times = array(TIME_COLUMN)?;
    let times: &TimestampMillisecondArray =
        times.as_any().downcast_ref().ok_or_else(|| cannot_read("its column time is not in milliseconds"))?;
    if times.null_count() > 0 {
        return Err(cannot_read("a time is absent"));
    }
    series.times_ms.extend_from_slice(times.values());
    for column in &mut series.columns {
        let values: &Float64Array = array(&column.name)?
            .as_any()
            .downcast_ref()
            .ok_or_else(|| cannot_read(format!("its column {} is not of floats", column.name)))?;
        let values = values.iter().map(|value| value.unwrap_or(f64::NAN));
        column.values.extend(values);
    }
    Ok(())
}
