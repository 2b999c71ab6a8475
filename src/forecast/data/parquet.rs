//! Series as Parquet: a `time` column of millisecond timestamps, then one 64-bit float column a name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter};
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::error::DataError;
use super::series::{Column, Series, TimeForm};

const TIME_COLUMN: &str = "time";
const UTC: &str = "UTC";

/// The series with `metadata` as the file's key-value pairs; equal series and metadata give equal bytes.
pub fn write_parquet(series: &Series, metadata: &[(String, String)]) -> Result<Vec<u8>, DataError> {
    if series.column(TIME_COLUMN).is_some() {
        return Err(DataError::new("a measured column is called time, as the time column is: rename it"));
    }
    let batch = to_batch(series).map_err(cannot_write)?;
    let pairs = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
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
    let metadata = ArrowReaderMetadata::load(&bytes, Default::default()).map_err(cannot_read)?;
    let pairs = key_values(&metadata);
    let mut series = empty_series(metadata.schema())?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata).build().map_err(cannot_read)?;
    for batch in reader {
        append(&mut series, &batch.map_err(cannot_read)?)?;
    }
    if series.times_ms.windows(2).any(|pair| pair[1] <= pair[0]) {
        return Err(cannot_read("its times do not increase from row to row"));
    }
    Ok((series, pairs))
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

fn to_batch(series: &Series) -> Result<RecordBatch, arrow::error::ArrowError> {
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

/// A series without rows that has the file's columns and form; anything but times and floats is refused.
fn empty_series(schema: &Schema) -> Result<Series, DataError> {
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
                columns.push(Column { name: field.name().clone(), values: Vec::new() })
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
    Ok(Series { form, times_ms: Vec::new(), columns })
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
