//! What the tests of models share: small prepared data and quick settings.

use std::collections::BTreeMap;

use flts::forecast::{
    Artifact, Context, Family, Lineage, ModelError, Prepared, PreprocessConfig, Series, TrainSettings, TrainSignal,
    TrainingData, VerifiedModel, fit, measured_columns, prepare, sample, split_last_fifth,
};

/// Five days of synthetic rows, four of them to train on.
pub fn prepared() -> Prepared {
    let (train, test) = split_last_fifth(sample(7, 5));
    prepare(train, test, &PreprocessConfig::default()).expect("synthetic data are sound")
}

/// Training data with these targets.
pub fn data_of(prepared: &Prepared, targets: &[&str]) -> TrainingData {
    TrainingData {
        measured: measured_columns(&prepared.train),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        means: prepared.means.clone(),
        calendar: true,
        train: prepared.train.clone(),
    }
}

/// The target `down` of [`prepared`].
pub fn data() -> TrainingData {
    data_of(&prepared(), &["down"])
}

/// Default settings, cut to a few steps.
pub fn quick() -> TrainSettings {
    TrainSettings { max_steps: Some(30), hidden_size: 16, output_rows: 8, ..TrainSettings::default() }
}

/// Names that no test looks at.
pub fn lineage() -> Lineage {
    Lineage {
        run_id: "run-1".into(),
        identifier: "default".into(),
        series: None,
        config_hash: "c".into(),
        dataset_id: "d".into(),
        train_hash: "t".into(),
    }
}

/// A training that nobody cancels.
pub fn try_trained(family: Family, data: &TrainingData, settings: &TrainSettings) -> Result<Artifact, ModelError> {
    fit(family, data, settings, lineage(), &mut |_| TrainSignal::GoOn)
}

/// The same, expected to succeed.
pub fn trained(family: Family, data: &TrainingData, settings: &TrainSettings) -> Artifact {
    try_trained(family, data, settings).expect("the training succeeds")
}

/// The artifact as it is served.
pub fn served(artifact: &Artifact) -> VerifiedModel {
    VerifiedModel::of(artifact, 1).expect("a fresh artifact is sound")
}

/// The last rows of a series up to and including `last`, as a model reads them.
pub fn context_at(served: &VerifiedModel, rows: &Series, last: usize) -> Context {
    let manifest = &served.manifest;
    let mut values = Vec::new();
    for row in last + 1 - manifest.input_rows..=last {
        for name in &manifest.columns {
            values.push(rows.column(name).expect("a measured column").values[row]);
        }
    }
    Context { last_ms: rows.times_ms[last], values }
}

/// A series with one column `x` and this step.
pub fn one_column(values: Vec<f64>, step_ms: i64) -> TrainingData {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mut train = sample(1, 1).slice(0..0);
    train.times_ms = (0..values.len() as i64).map(|row| row * step_ms).collect();
    train.columns.truncate(1);
    train.columns[0].name = "x".into();
    train.columns[0].values = values;
    TrainingData {
        train,
        measured: vec!["x".into()],
        targets: vec!["x".into()],
        means: BTreeMap::from([("x".into(), mean)]),
        calendar: false,
    }
}
