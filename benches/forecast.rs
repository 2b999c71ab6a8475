//! Requests to forecasts, and what judging repeats for every candidate: one thread, as a worker of the pool runs it.

mod common;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flts::forecast::{Context, Family, evaluate, prepare_request, test_window};

/// Batch sizes: a lone request, and a full batch of the default settings.
const BATCHES: [usize; 2] = [1, 32];
/// One step, and twice what the head answers directly.
const HORIZONS: [usize; 2] = [1, 60];

fn forecasts(c: &mut Criterion) {
    tch::set_num_threads(1);
    let prepared = common::prepared();
    let data = common::training_data(&prepared);
    let window = test_window(&prepared.train, &prepared.test, &prepared.imputed_test, &data.targets, 30);
    for family in Family::ALL {
        let served = common::served(family, &data);
        let model = served.build().expect("what was just fitted can be built");
        let rows = common::request(&served, &prepared.test, served.manifest.input_rows);
        let context = prepare_request(&served.manifest, &rows).expect("the rows are sound").context;

        let mut group = c.benchmark_group(format!("forecast/{family}"));
        for batch in BATCHES {
            let contexts: Vec<Context> = vec![context.clone(); batch];
            group.throughput(Throughput::Elements(batch as u64));
            for horizon in HORIZONS {
                let id = BenchmarkId::new(format!("batch_{batch}"), format!("horizon_{horizon}"));
                group.bench_with_input(id, &horizon, |b, &horizon| {
                    b.iter(|| model.forecast(black_box(&contexts), horizon).expect("the context is sound"));
                });
            }
        }
        group.finish();

        let mut group = c.benchmark_group(format!("judge/{family}"));
        group.sample_size(10).throughput(Throughput::Elements(window.rows.len() as u64));
        group.bench_function("evaluate", |b| {
            b.iter(|| evaluate(model.as_ref(), &served.manifest, &prepared.train, &prepared.test, &window));
        });
        group.finish();
    }
}

fn requests(c: &mut Criterion) {
    let prepared = common::prepared();
    let served = common::served(Family::PERSISTENCE, &common::training_data(&prepared));
    let rows = common::request(&served, &prepared.test, 30);
    c.bench_function("request/prepare_30_rows", |b| {
        b.iter(|| prepare_request(&served.manifest, black_box(&rows)).expect("the rows are sound"));
    });
    c.bench_function("model/build", |b| b.iter(|| black_box(&served).build().map(drop)));
}

criterion_group!(benches, requests, forecasts);
criterion_main!(benches);
