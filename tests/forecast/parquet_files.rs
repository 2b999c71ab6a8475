//! Parquet keeps everything: values to the bit, times, their form, and what is said about them.

use std::collections::BTreeMap;

use bytes::Bytes;
use flts::forecast::{Column, Series, TimeForm, read_parquet, sample, write_parquet};

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
        times_ms: vec![-62_167_219_200_000, -1, 253_402_300_799_999],
        columns: vec![Column { name: "température, \"max\"".into(), values: vec![1.0, 2.0, 3.0] }],
    };
    assert_eq!(round_trip(&series).0, series);
}

#[test]
fn many_batches_come_back_as_one_series() {
    let series = Series {
        form: TimeForm::Naive,
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
