//! A claim's rows come to the questions and the errors that a person computes by hand.

use std::collections::BTreeMap;

use flts::forecast::{
    BACKTEST_ORIGINS_MAX, ClaimRows, Column, Family, ImputedRows, Lineage, Manifest, Series, TimeForm, TrainSettings,
    TrainSignal, TrainingData, VerifiedModel, fit,
};

const MINUTE_MS: i64 = 60_000;
const NOTHING_IMPUTED: ImputedRows = ImputedRows::new();

/// Rows a minute apart, but for the places where one is left out.
fn rows(values: &[f64], gap_before: &[usize]) -> Series {
    let mut time_ms = 0;
    let times_ms = (0..values.len()).map(|row| {
        time_ms += if gap_before.contains(&row) { 2 * MINUTE_MS } else { MINUTE_MS };
        time_ms
    });
    let times_ms = times_ms.collect();
    Series {
        form: TimeForm::Naive,
        axis: Default::default(),
        times_ms,
        columns: vec![Column { name: "down".into(), values: values.to_vec() }],
    }
}

/// A model that looks at two rows and forecasts two.
fn manifest() -> Manifest {
    let data = TrainingData {
        train: rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[]),
        measured: vec!["down".into()],
        targets: vec!["down".into()],
        means: BTreeMap::from([("down".into(), 4.5)]),
        calendar: false,
    };
    let settings = TrainSettings { input_rows: 2, output_rows: 2, ..TrainSettings::default() };
    let lineage = Lineage {
        run_id: String::new(),
        identifier: "default".into(),
        config_hash: "c".into(),
        dataset_id: "d".into(),
        train_hash: "t".into(),
    };
    let mut served = VerifiedModel::of(
        &fit(Family::PERSISTENCE, &data, &settings, lineage, &mut |_: f64| TrainSignal::GoOn).unwrap(),
        1,
    )
    .unwrap();
    // persistence looks at one row and forecasts one
    (served.manifest.input_rows, served.manifest.output_rows) = (2, 2);
    served.manifest
}

#[test]
fn a_replay_has_one_origin_every_output_length_and_errors_as_computed_by_hand() {
    let manifest = manifest();
    let rows = ClaimRows::of(&manifest, &rows(&[1.0, 2.0, 3.0, 5.0, 8.0, 9.0, 7.0], &[]), &NOTHING_IMPUTED).unwrap();
    assert_eq!((rows.rows, rows.last.values.as_slice(), rows.last.last_ms), (7, &[9.0, 7.0][..], 7 * MINUTE_MS));
    let contexts: Vec<Vec<f64>> = rows.origins().map(|context| context.values).collect();
    assert_eq!(contexts, [&[1.0, 2.0][..], &[3.0, 5.0]]);
    // the last row again, whatever comes: what persistence says
    let forecasts = [vec![2.0, 2.0], vec![5.0, 5.0]];
    // 2 against 3 and 5, then 5 against 8 and 9: off by 1, 3, 3 and 4
    let errors = rows.errors(&manifest, &forecasts).unwrap();
    assert_eq!((errors.origins, errors.points, errors.mae, errors.mse), (2, 4, 2.75, 8.75));
    assert_eq!(errors.rmse, 8.75_f64.sqrt());
    assert_eq!(errors.step_mae, [Some(2.0), Some(3.5)]);
    assert_eq!((errors.mae_of["down"], errors.mse_of["down"]), (2.75, 8.75));
    let samples = rows.samples(&manifest, &forecasts);
    assert_eq!(
        samples.iter().map(|sample| (sample.step, sample.actual["down"])).collect::<Vec<_>>(),
        [(0, 8.0), (1, 9.0)]
    );
    assert_eq!((samples[0].ts.as_str(), samples[0].abs_err["down"]), ("1970-01-01T00:05:00", 3.0));
    assert_eq!(rows.times_after(&manifest, 2), ["1970-01-01T00:08:00", "1970-01-01T00:09:00"]);
}

#[test]
fn no_origin_reaches_over_a_gap_and_what_was_imputed_is_no_truth() {
    let manifest = manifest();
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let gap = ClaimRows::of(&manifest, &rows(&values, &[3]), &NOTHING_IMPUTED).unwrap();
    assert_eq!(gap.origins().map(|context| context.values[1]).collect::<Vec<_>>(), [5.0], "three rows are no replay");
    let imputed = ImputedRows::from([("down".to_owned(), vec![2])]);
    let rows = ClaimRows::of(&manifest, &rows(&values, &[]), &imputed).unwrap();
    let errors = rows.errors(&manifest, &[vec![2.0, 2.0], vec![4.0, 4.0]]).unwrap();
    assert_eq!((errors.points, errors.mae), (3, 5.0 / 3.0), "4 - 2, 5 - 4 and 6 - 4");
    assert_eq!(errors.step_mae, [Some(1.0), Some(2.0)]);
}

#[test]
fn rows_too_few_for_a_replay_are_forecast_and_rows_too_few_for_the_model_are_refused() {
    let manifest = manifest();
    let few = ClaimRows::of(&manifest, &rows(&[1.0, 2.0, 3.0], &[]), &NOTHING_IMPUTED).unwrap();
    assert!(few.origins().len() == 0 && few.errors(&manifest, &[]).is_none());
    let refused = |series: &Series| ClaimRows::of(&manifest, series, &NOTHING_IMPUTED).unwrap_err().to_string();
    assert!(refused(&rows(&[1.0], &[])).contains("1 row(s), but the model needs at least 2"));
    assert!(refused(&rows(&[1.0, 2.0, 3.0], &[2])).contains("1 row(s) since the last gap"));
    assert!(refused(&rows(&[1.0, f64::NAN], &[])).contains("no value in the last row"));
    let mut other = rows(&[1.0, 2.0, 3.0], &[]);
    other.columns[0].name = "up".into();
    assert!(refused(&other).contains("missing column(s): down"), "{}", refused(&other));
    let mut slow = rows(&[1.0, 2.0, 3.0], &[]);
    slow.times_ms.iter_mut().for_each(|time_ms| *time_ms *= 2);
    assert!(refused(&slow).contains("step is 120 s, but the model's step is 60 s"), "{}", refused(&slow));
}

#[test]
fn of_many_origins_the_latest_are_replayed() {
    let manifest = manifest();
    let values: Vec<f64> = (0..2 * BACKTEST_ORIGINS_MAX as u32 + 40).map(f64::from).collect();
    let rows = ClaimRows::of(&manifest, &rows(&values, &[]), &NOTHING_IMPUTED).unwrap();
    assert_eq!(rows.origins().len(), BACKTEST_ORIGINS_MAX);
    assert_eq!(rows.origins().last().unwrap().values[1], values[values.len() - 3]);
}

#[test]
fn an_absent_cell_is_the_one_before_it_else_the_train_mean() {
    let rows = ClaimRows::of(&manifest(), &rows(&[f64::NAN, 2.0, f64::NAN, 4.0], &[]), &NOTHING_IMPUTED).unwrap();
    assert_eq!(rows.origins().next().unwrap().values, [4.5, 2.0]);
    assert_eq!(rows.last.values, [2.0, 4.0]);
    let errors = rows.errors(&manifest(), &[vec![2.0, 2.0]]).unwrap();
    assert_eq!((errors.points, errors.mae), (1, 2.0), "an absent cell is no truth");
}

#[test]
fn the_origins_of_a_replay_that_overlap_take_no_more_memory_than_the_rows() {
    // 500 contexts of 100,000 rows and 50 columns are 20 GB
    let (columns, context_rows) = (50, 100_000);
    let count = context_rows + BACKTEST_ORIGINS_MAX + 1;
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let values: Vec<f64> = (0..count).map(|row| row as f64).collect();
    let mut series = rows(&values, &[]);
    series.columns = names.iter().map(|name| Column { name: name.clone(), values: values.clone() }).collect();
    let mut manifest = manifest();
    (manifest.columns, manifest.targets) = (names.clone(), vec![names[0].clone()]);
    (manifest.input_rows, manifest.output_rows) = (context_rows, 1);
    let rows = ClaimRows::of(&manifest, &series, &NOTHING_IMPUTED).unwrap();
    let firsts: Vec<f64> = rows.origins().map(|context| context.values[0]).collect();
    assert_eq!((firsts.len(), firsts[0], firsts[499]), (BACKTEST_ORIGINS_MAX, 1.0, 500.0));
}
