//! On which rows models are scored, and what a score is.

use std::collections::BTreeMap;

use flts::forecast::{Family, Measured, Metrics, ScoreWeights, Series, TestOrigins, evaluate, measure, test_window};

use crate::common::training::*;

const PERSISTENCE: Family = Family::PERSISTENCE;

/// A hundred hours in train and the rest in test.
fn parts(values: Vec<f64>) -> (Series, Series) {
    let all = one_column(values, 3_600_000).train;
    (all.slice(0..100), all.slice(100..all.rows()))
}

fn persistence_on(train: &Series, test: &Series, imputed: &[u32]) -> (TestOrigins, Measured) {
    let data = flts::forecast::TrainingData { train: train.clone(), ..one_column(vec![0.0; 2], 3_600_000) };
    let served = served(&trained(PERSISTENCE, &data, &quick()));
    let model = served.build().expect("builds");
    let imputed = BTreeMap::from([("x".to_owned(), imputed.to_vec())]);
    let origins = TestOrigins::of(train, test, &imputed, &data.targets);
    let mut passes = 0;
    let measured =
        measure(model.as_ref(), &served.manifest, train, test, &origins, &mut || passes += 1).expect("measured");
    assert_eq!(passes > 0, !origins.rows.is_empty(), "it reports progress");
    (origins, measured)
}

fn wave(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| (row as f64 * 0.7).sin() + 0.3 * (row as f64 * 2.9).cos()).collect()
}

#[test]
fn origins_are_spread_over_the_test_part_and_steps_are_at_most_half_of_it() {
    let (train, test) = parts(wave(200));
    let (origins, measured) = persistence_on(&train, &test, &[3, 500]);
    assert_eq!(origins.steps, [1, 5, 15, 24, 30], "a season is a day");
    assert_eq!(origins.rows.len(), 99, "a row that was imputed begins no forecast");
    assert_eq!(measured.by_step.iter().map(|step| step.step).collect::<Vec<_>>(), origins.steps);
    assert!(measured.by_step.iter().all(|step| step.mase.is_some() && step.rmse >= step.mae));

    let (train, test) = parts(wave(111));
    let (origins, measured) = persistence_on(&train, &test, &[]);
    assert_eq!((origins.steps.as_slice(), origins.rows.len()), (&[1, 5][..], 11));
    assert!(measured.losses.iter().all(Option::is_some), "eleven rows are scored");

    let (train, test) = parts(wave(5_000));
    let origins = TestOrigins::of(&train, &test, &BTreeMap::new(), &["x".to_owned()]);
    assert_eq!(origins.rows.len(), 500);
    assert_eq!((origins.rows[0], origins.rows[499]), (0, 4_890), "spread to the end");
    let again = TestOrigins::of(&train, &test, &BTreeMap::new(), &["x".to_owned()]);
    assert_eq!((&again.hash, &again.rows), (&origins.hash, &origins.rows));
    let mut other = test.clone();
    other.columns[0].values[0] += 1.0;
    assert_ne!(TestOrigins::of(&train, &other, &BTreeMap::new(), &["x".to_owned()]).hash, origins.hash);
}

#[test]
fn one_cell_of_train_or_test_does_not_decide_a_loss() {
    let mean = |measured: &Measured| {
        let losses: Vec<f64> = measured.losses.iter().flatten().copied().collect();
        losses.iter().sum::<f64>() / losses.len() as f64
    };
    let (train, test) = parts(wave(400));
    let clean = mean(&persistence_on(&train, &test, &[]).1);
    assert!((0.5..2.0).contains(&clean), "about as good as on train: {clean}");
    for at in [50, 250] {
        let mut values = wave(400);
        values[at] = 1e9;
        let (train, test) = parts(values);
        let spoiled = mean(&persistence_on(&train, &test, &[]).1);
        assert!((spoiled / clean - 1.0).abs() < 0.5, "cell {at}: {spoiled} instead of {clean}");
    }
}

#[test]
fn a_constant_target_is_forecast_as_well_as_the_naive_methods_do_or_not() {
    let (train, test) = parts(vec![7.0; 200]);
    let (_, measured) = persistence_on(&train, &test, &[]);
    assert!(measured.losses.iter().all(|loss| *loss == Some(1.0)));
    assert_eq!(measured.mase, None);
    let mut values = vec![7.0; 200];
    values[100..].fill(8.0);
    let (train, test) = parts(values);
    let losses = persistence_on(&train, &test, &[]).1.losses;
    assert!(losses.iter().flatten().all(|loss| (1.0..=2.0).contains(loss)), "{losses:?}");
}

#[test]
fn score_weights_are_read_and_every_mistake_is_named() {
    let metrics = Metrics { rmse: 0.2, mae: 0.1, mse: 0.04, r2: 0.75 };
    let by_default = ScoreWeights::default().score(&metrics);
    assert!((by_default - (0.5 * 0.2 + 0.3 * 0.1 + 0.2 * 0.04)).abs() < 1e-12);
    let with_r2 = ScoreWeights::parse(r#"{"test_r2":2,"test_mae":1}"#).expect("sound");
    assert!((with_r2.score(&metrics) - (2.0 * 0.25 + 0.1)).abs() < 1e-12);
    let mistakes = [
        ("", "must be a JSON object"),
        ("[1]", "must be a JSON object"),
        (r#"{"test_rmse":"a"}"#, "a number from 0"),
        (r#"{"rmse":1}"#, "names 'rmse'"),
        (r#"{"test_rmse":-1}"#, "a number from 0"),
        ("{}", "no metric a weight above 0"),
        (r#"{"test_rmse":0}"#, "no metric a weight above 0"),
    ];
    for (text, word) in mistakes {
        let error = ScoreWeights::parse(text).expect_err(text);
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn metrics_are_those_of_the_textbook() {
    let metrics = Metrics::of(&[(1.0, 2.0), (2.0, 2.0), (3.0, 1.0)]).expect("pairs");
    assert!((metrics.mse - 5.0 / 3.0).abs() < 1e-12);
    assert!((metrics.rmse - (5.0f64 / 3.0).sqrt()).abs() < 1e-12);
    assert!((metrics.mae - 1.0).abs() < 1e-12);
    assert!((metrics.r2 - (1.0 - 5.0 / 2.0)).abs() < 1e-12);
    assert_eq!(Metrics::of(&[]), None);
}

#[test]
fn the_window_starts_at_row_10_reaches_into_train_and_leaves_out_imputed_rows_and_gaps() {
    let all = one_column((0..200).map(f64::from).collect(), 60_000).train;
    let (train, test) = (all.slice(0..100), all.slice(100..200));
    let targets = ["x".to_owned()];
    let nothing = BTreeMap::new();
    let rows = |window: &flts::forecast::TestWindow| window.rows.clone();

    let whole = test_window(&train, &test, &nothing, &targets, 30);
    assert_eq!(rows(&whole), (10..100).collect::<Vec<_>>());
    let deep = test_window(&train, &test, &nothing, &targets, 115);
    assert_eq!(rows(&deep), (15..100).collect::<Vec<_>>());

    let imputed = BTreeMap::from([("x".to_owned(), vec![10, 12, 500])]);
    let measured = test_window(&train, &test, &imputed, &targets, 30);
    assert_eq!(rows(&measured)[..3], [11, 13, 14]);
    assert_ne!(measured.hash, whole.hash);

    let mut late = test.clone();
    late.times_ms.iter_mut().for_each(|time_ms| *time_ms += 60_000);
    let late = test_window(&train, &late, &nothing, &targets, 30);
    assert_eq!(rows(&late)[0], 30, "a gap before the test part is not bridged");
}

#[test]
fn the_hash_of_a_window_depends_on_all_that_its_scores_depend_on() {
    let all = one_column((0..200).map(f64::from).collect(), 60_000).train;
    let (train, test) = (all.slice(0..100), all.slice(100..200));
    let targets = ["x".to_owned()];
    let hash = |train, test| test_window(train, test, &BTreeMap::new(), &targets, 5).hash;
    let base = hash(&train, &test);
    assert_eq!(base, hash(&train, &test));
    let mut other_truth = test.clone();
    other_truth.columns[0].values[50] += 1.0;
    assert_ne!(base, hash(&train, &other_truth));
    let mut other_scale = train.clone();
    other_scale.columns[0].values[0] = -100.0;
    assert_ne!(base, hash(&other_scale, &test));
    assert_ne!(base, hash(&train, &test.slice(0..99)));
}

#[test]
fn persistence_is_scored_one_step_ahead_on_the_scale_of_train() {
    let all = one_column((0..200).map(f64::from).collect(), 60_000).train;
    let (train, test) = (all.slice(0..101), all.slice(101..200));
    let data = flts::forecast::TrainingData { train: train.clone(), ..one_column(vec![0.0; 2], 60_000) };
    let served = served(&trained(Family::PERSISTENCE, &data, &quick()));
    let model = served.build().expect("builds");
    let window = test_window(&train, &test, &BTreeMap::new(), &data.targets, 1);
    let metrics = evaluate(model.as_ref(), &served.manifest, &train, &test, &window).expect("scored");
    // a ramp of 1 a row on a train range of 100
    assert!((metrics.rmse - 0.01).abs() < 1e-12 && (metrics.mae - 0.01).abs() < 1e-12);
}

#[test]
fn data_that_a_model_cannot_be_scored_on_are_refused() {
    let data = one_column((0..200).map(f64::from).collect(), 60_000);
    let (train, test) = (data.train.slice(0..100), data.train.slice(100..200));
    let served = served(&trained(Family::RIDGE, &data, &quick()));
    let model = served.build().expect("builds");
    let targets = &data.targets;
    let window = test_window(&train, &test, &BTreeMap::new(), targets, 30);
    let score = |train: &_, test: &_, window: &_| evaluate(model.as_ref(), &served.manifest, train, test, window);
    assert!(score(&train, &test, &window).is_ok());

    let empty = test_window(&train, &test, &BTreeMap::new(), targets, 5_000);
    let error = score(&train, &test, &empty).expect_err("empty");
    assert!(error.to_string().contains("window is empty"), "{error}");

    let mut renamed = test.clone();
    renamed.columns[0].name = "y".into();
    let error = score(&train, &renamed, &window).expect_err("column");
    assert!(error.to_string().contains("no column \"x\""), "{error}");

    let slow = one_column((0..200).map(f64::from).collect(), 90_000).train;
    let error = score(&slow.slice(0..100), &slow.slice(100..200), &window).expect_err("step");
    assert!(error.to_string().contains("steps of 90 s"), "{error}");

    let error = score(&train.slice(90..100), &test, &window).expect_err("short");
    assert!(error.to_string().contains("the model needs 30"), "{error}");
}
