//! Synthetic data and models small enough to make while a benchmark starts.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::collections::BTreeMap;

use flts::forecast::{
    Family, Lineage, Prepared, PreprocessConfig, RequestRows, SAMPLE_DAYS, Series, TrainSettings, TrainSignal,
    TrainingData, VerifiedModel, fit, format_time, measured_columns, prepare, sample, split_last_fifth,
};

/// The seed of `flts sample-data`, so that a benchmark and a node see the same rows.
const SEED: u64 = 42;
/// What a model answers does not depend on how well it was trained, and neither does its speed.
const QUICK_STEPS: usize = 20;

/// The rows of `flts sample-data`.
pub fn rows() -> Series {
    sample(SEED, SAMPLE_DAYS)
}

/// The same rows, cleaned and split.
pub fn prepared() -> Prepared {
    let (train, test) = split_last_fifth(rows());
    prepare(train, test, &PreprocessConfig::default()).expect("synthetic rows can be prepared")
}

/// What a family is fitted on: all columns, the first one as target.
pub fn training_data(prepared: &Prepared) -> TrainingData {
    let measured = measured_columns(&prepared.train);
    TrainingData {
        targets: measured[..1].to_vec(),
        measured,
        means: prepared.means.clone(),
        calendar: true,
        train: prepared.train.clone(),
    }
}

/// A model of the family with the sizes that a node trains by default.
pub fn served(family: Family, data: &TrainingData) -> VerifiedModel {
    let settings = TrainSettings { max_steps: Some(QUICK_STEPS), threads: 1, ..TrainSettings::default() };
    let artifact =
        fit(family, data, &settings, lineage(), &mut |_| TrainSignal::GoOn).expect("synthetic rows can be fitted");
    VerifiedModel::of(&artifact, 1).expect("what was just fitted is whole")
}

/// The first `count` rows of the test part, as a caller of `/predict` sends them.
pub fn request(served: &VerifiedModel, test: &Series, count: usize) -> RequestRows {
    let cells = |name: &String| {
        let column = test.column(name).expect("the model was trained on these columns");
        (
            name.clone(),
            column.values[..count].iter().map(|value| if value.is_finite() { *value } else { f64::NAN }).collect(),
        )
    };
    RequestRows {
        times: test.times_ms[..count].iter().map(|ms| format_time(*ms, test.form)).collect(),
        columns: served.manifest.columns.iter().map(cells).collect::<BTreeMap<_, _>>(),
    }
}

/// A lineage that names nothing real.
pub fn lineage() -> Lineage {
    Lineage {
        run_id: "bench".into(),
        identifier: "default".into(),
        series: None,
        config_hash: "0".into(),
        dataset_id: "0".into(),
        train_hash: "0".into(),
    }
}
