//! One optimiser step of the recurrent families, and the whole fit of the ridge.

mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flts::forecast::{Family, TrainSettings, TrainSignal, fit};

const STEPS: usize = 50;

fn training(c: &mut Criterion) {
    let prepared = common::prepared();
    let data = common::training_data(&prepared);
    let settings = TrainSettings { max_steps: Some(STEPS), threads: 1, ..TrainSettings::default() };
    let mut group = c.benchmark_group("training");
    group.sample_size(10);
    for (family, steps) in [(Family::GRU, STEPS), (Family::LSTM, STEPS), (Family::RIDGE, 1)] {
        group.throughput(Throughput::Elements(steps as u64));
        group.bench_function(format!("{family}/{steps}_steps"), |b| {
            b.iter(|| fit(family, &data, &settings, common::lineage(), &mut |_| TrainSignal::GoOn));
        });
    }
    group.finish();
}

criterion_group!(benches, training);
criterion_main!(benches);
