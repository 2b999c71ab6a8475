//! Parquet keeps everything: values to the bit, times, their form, and what is said about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use bytes::Bytes;
use flts::forecast::{
    Column, Series, Shape, TimeForm, parquet_shape, read_parquet, read_parquet_within, sample, write_parquet,
};
use flts::limits::DATA_CELLS;
use parquet::arrow::ArrowWriter;

fn metadata() -> Vec<(String, String)> {
    vec![("config_hash".into(), "6ce7".into()), ("preprocess_config".into(), r#"{"é":1}"#.into())]
}

fn round_trip(series: &Series) -> (Series, BTreeMap<String, String>) {
    let bytes = write_parquet(series, &metadata()).expect("bytes");
    read_parquet(Bytes::from(bytes)).expect("a series")
}

fn bits(series: &Series) -> Vec<(String, Vec<u64>)> {
    let bits = |column: &Column| {
        let values = column.values.iter().map(|value| value.to_bits());
        (column.name.clone(), values.collect())
    };
    series.columns.iter().map(bits).collect()
}

#[test]
fn a_series_comes_back_to_the_bit_with_its_metadata() {
    let mut series = sample(7, 3);
    series.columns[0].values[..6].copy_from_slice(&[f64::NAN, -0.0, f64::MIN_POSITIVE, 1e300, 0.1 + 0.2, 5e-324]);
    for form in [TimeForm::Naive, TimeForm::Utc] {
        series.form = form;
        let (found, pairs) = round_trip(&series);
        assert_eq!(found.form, form);
        assert_eq!(found.times_ms, series.times_ms);
        assert_eq!(bits(&found), bits(&series));
        assert_eq!(pairs, metadata().into_iter().collect());
    }
}

#[test]
fn times_before_1970_and_names_of_every_kind_come_back() {
    let series = Series {
        form: TimeForm::Utc,
        axis: Default::default(),
        times_ms: vec![-62_167_219_200_000, -1, 253_402_300_799_999],
        columns: vec![Column { name: "température, \"max\"".into(), values: vec![1.0, 2.0, 3.0] }],
    };
    assert_eq!(round_trip(&series).0, series);
}

#[test]
fn many_batches_come_back_as_one_series() {
    let series = Series {
        form: TimeForm::Naive,
        axis: Default::default(),
        times_ms: (0..200_000).map(|row| row * 1000).collect(),
        columns: vec![Column { name: "down".into(), values: (0..200_000).map(f64::from).collect() }],
    };
    assert_eq!(round_trip(&series).0, series);
}

#[test]
fn a_series_without_rows_keeps_its_columns() {
    let series = sample(1, 1).slice(0..0);
    assert_eq!(round_trip(&series).0, series);
}

#[test]
fn equal_series_give_equal_bytes_and_snappy_makes_them_smaller() {
    let series = sample(7, 14);
    let bytes = write_parquet(&series, &metadata()).expect("bytes");
    assert_eq!(write_parquet(&series, &metadata()), Ok(bytes.clone()));
    assert!(bytes.len() < series.rows() * (series.columns.len() + 1) * 8);
    assert!(bytes.windows(4).any(|window| window == b"flts"));
}

#[test]
fn a_measured_column_called_time_cannot_be_written() {
    let mut series = sample(1, 1);
    series.columns[0].name = "time".into();
    let error = write_parquet(&series, &[]).expect_err("a refusal");
    assert!(error.to_string().contains("rename it"), "{error}");
}

#[test]
fn what_is_no_parquet_file_is_refused() {
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"time,down\n2018-01-01,1\n"] {
        let error = read_parquet(Bytes::from_static(bytes)).expect_err("a refusal");
        assert!(error.to_string().starts_with("the Parquet file cannot be read: "), "{error}");
    }
}

#[test]
fn no_cut_file_is_taken_for_a_whole_one() {
    let bytes = write_parquet(&sample(3, 1), &metadata()).expect("bytes");
    for end in (0..bytes.len()).step_by(97) {
        assert!(read_parquet(Bytes::copy_from_slice(&bytes[..end])).is_err());
    }
}

/// A file of so many rows of one value: a few kilobytes, whatever it is decoded to.
fn packed(columns: usize, rows_in_thousands: usize) -> Bytes {
    let names = (0..columns).map(|column| format!("c{column}"));
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0; 1000]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 1000]));
    let arrays = std::iter::once(("time".to_owned(), times)).chain(names.map(|name| (name, values.clone())));
    let batch = RecordBatch::try_from_iter(arrays).expect("a batch");
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
    for _ in 0..rows_in_thousands {
        writer.write(&batch).expect("rows");
    }
    writer.into_inner().expect("bytes").into()
}

#[test]
fn a_small_file_that_decodes_to_gigabytes_is_refused_from_its_footer() {
    // 1.6 GB in memory
    let bomb = packed(99, 2_000);
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    let error = read_parquet(bomb.clone()).expect_err("too many cells").to_string();
    assert!(error.contains("200000000 cells") && error.contains("set MAX_CELLS to allow more"), "{error}");
    let shape = parquet_shape(&bomb, DATA_CELLS.with_max(1 << 40)).expect("a footer");
    assert_eq!((shape, shape.bytes()), (Shape { rows: 2_000_000, columns: 100 }, 1_600_000_000));
    let wide = parquet_shape(&packed(1001, 1), DATA_CELLS).expect_err("too many columns").to_string();
    assert!(wide.contains("1002 columns, and the limit is 1000"), "{wide}");
}

/// A file whose footer has this schema, as bytes, and nothing else.
fn of_schema(elements: usize, element: impl Fn(usize) -> Vec<u8>) -> Bytes {
    let count = u32::try_from(elements).expect("few enough");
    let varint = [0x80 | (count & 0x7f) as u8, 0x80 | (count >> 7 & 0x7f) as u8, (count >> 14) as u8];
    let mut footer = [&[0x15, 0x02, 0x19, 0xfc], &varint[..]].concat();
    (0..elements).for_each(|at| footer.extend(element(at)));
    footer.push(0);
    let length = u32::try_from(footer.len()).expect("short").to_le_bytes();
    [b"PAR1", &footer[..], &length, b"PAR1"].concat().into()
}

#[test]
fn a_schema_that_would_end_the_process_is_refused() {
    // each column is in the one before: the reader of Parquet calls itself a million times
    let deep = of_schema(1_000_000, |_| vec![0x48, 1, b'x', 0x15, 2, 0]);
    // columns that say they have two billion children each
    let greedy = of_schema(900, |_| vec![0x35, 0, 0x18, 1, b'x', 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0]);
    for (bytes, says) in [(deep, "the limit is 1000 columns"), (greedy, "its footer is damaged")] {
        let error = parquet_shape(&bytes, DATA_CELLS).expect_err("a refusal").to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn columns_of_another_form_are_named() {
    let ints: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1]));
    let texts: ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["a"]));
    let inner = RecordBatch::try_from_iter([("a", ints)]).expect("a batch");
    let nested: ArrayRef = Arc::new(arrow_array::StructArray::from(inner));
    for (column, says) in [(texts, "expected are time in milliseconds"), (nested, "has columns in it")] {
        let batch = RecordBatch::try_from_iter([("odd", column)]).expect("a batch");
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("rows");
        let error = read_parquet(writer.into_inner().expect("bytes").into()).expect_err("a refusal").to_string();
        assert!(error.contains("column odd") && error.contains(says), "{error}");
    }
}

#[test]
fn the_limit_on_cells_counts_the_time_column_too() {
    let series = sample(7, 1);
    let bytes = Bytes::from(write_parquet(&series, &[]).expect("bytes"));
    let cells = (series.rows() * (series.columns.len() + 1)) as u64;
    assert!(read_parquet_within(bytes.clone(), DATA_CELLS.with_max(cells)).is_ok());
    assert!(read_parquet_within(bytes, DATA_CELLS.with_max(cells - 1)).is_err());
}
