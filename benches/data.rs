//! Files to data sets: reading, cleaning, hashing, storing. Per row, on the rows of `flts sample-data`.

mod common;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flts::forecast::{
    PreprocessConfig, prepare, read_csv, read_parquet, sha256_hex, split_last_fifth, to_csv, write_parquet,
};

const MAX_GAP_ROWS: usize = 30;

fn files(c: &mut Criterion) {
    let rows = common::rows();
    let csv = to_csv(&rows);
    let prepared = common::prepared();
    let parquet = write_parquet(&prepared.train, &[]).expect("cleaned rows can be written");
    let mut group = c.benchmark_group("data");
    group.sample_size(20);

    group.throughput(Throughput::Elements(rows.rows() as u64));
    group.bench_function("read_csv", |b| {
        b.iter(|| read_csv(black_box(&csv), "sample.csv", MAX_GAP_ROWS).expect("the sample is sound"));
    });
    group.bench_function("prepare", |b| {
        let split = || split_last_fifth(rows.clone());
        let config = PreprocessConfig::default();
        b.iter_batched(split, |(train, test)| prepare(train, test, &config), BatchSize::LargeInput);
    });

    group.throughput(Throughput::Elements(prepared.train.rows() as u64));
    group.bench_function("write_parquet", |b| b.iter(|| write_parquet(black_box(&prepared.train), &[])));
    let bytes = bytes::Bytes::from(parquet);
    group.bench_function("read_parquet", |b| b.iter(|| read_parquet(black_box(bytes.clone()))));

    group.throughput(Throughput::Bytes(csv.len() as u64));
    group.bench_function("sha256", |b| b.iter(|| sha256_hex(black_box(&csv))));
    group.finish();
}

criterion_group!(benches, files);
criterion_main!(benches);
