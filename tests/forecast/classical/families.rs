//! The classical families are families like others: fitted, stored, loaded, and answering from thirty rows.

use std::f64::consts::TAU;

use flts::forecast::{
    Context, Family, ModelError, PreprocessConfig, ReadOptions, RequestRows, Series, TrainSettings, TrainSignal,
    VerifiedModel, fit, format_time, prepare, prepare_request, read_series, split_last_fifth,
};

use crate::common::training::{data_of, lineage, one_column, served, trained, try_trained};

const FAMILIES: [Family; 6] = [Family::DRIFT, Family::ETS, Family::THETA, Family::MSTL, Family::PROPHET, Family::BLEND];

const HOUR_MS: i64 = 3_600_000;

fn day(row: usize) -> f64 {
    let ripple = ((row * 7_919) % 13) as f64 * 0.3;
    60.0 + 20.0 * (TAU * row as f64 / 24.0).sin() + ripple
}

fn settings() -> TrainSettings {
    TrainSettings { output_rows: 24, ..TrainSettings::default() }
}

/// The rows of `x` before `end`, at an hour a row.
fn context(rows: usize, end: usize, value: impl Fn(usize) -> f64) -> Context {
    Context { last_ms: (end as i64 - 1) * HOUR_MS, values: (end - rows..end).map(value).collect() }
}

fn forecast(model: &VerifiedModel, context: Context, steps: usize) -> Vec<f64> {
    model.build().unwrap().forecast(&[context], steps).unwrap().remove(0)
}

#[test]
fn thirty_rows_long_after_the_fit_are_enough_and_more_are_used() {
    let data = one_column((0..800).map(day).collect(), HOUR_MS);
    for family in FAMILIES {
        let model = served(&trained(family, &data, &settings()));
        assert_eq!((model.manifest.input_rows, model.manifest.context_rows()), (30, 2_000));
        model.warm_up().unwrap();
        for rows in [30, 700] {
            let values = forecast(&model, context(rows, 1_000, day), 24);
            let error = (0..24).map(|step| (values[step] - day(1_000 + step)).abs()).sum::<f64>() / 24.0;
            let most = if [Family::DRIFT, Family::THETA].contains(&family) { 40.0 } else { 6.0 };
            assert!(error < most, "{family}: {error} from {rows} rows");
        }
        let none = model.build().unwrap().forecast(&[context(29, 1_000, day)], 1).expect_err("29 rows");
        assert!(none.to_string().contains("needs 30 rows"), "{none}");
    }
}

#[test]
fn targets_are_forecast_each_by_its_own_model_in_the_order_of_the_manifest() {
    let mut data = one_column((0..400).map(day).collect(), HOUR_MS);
    let mut other = data.train.columns[0].clone();
    other.name = "falling".into();
    other.values = (0..400).map(|row| 1_000.0 - row as f64).collect();
    data.train.columns.push(other);
    data.measured = vec!["x".into(), "falling".into()];
    data.targets = vec!["falling".into(), "x".into()];
    data.means.insert("falling".into(), 800.0);
    for family in [Family::ETS, Family::BLEND] {
        let model = served(&trained(family, &data, &settings()));
        let rows = 370..400;
        let values = rows.flat_map(|row| [day(row), 1_000.0 - row as f64]).collect();
        let values = forecast(&model, Context { last_ms: 399 * HOUR_MS, values }, 3);
        for step in 0..3 {
            assert!((values[2 * step] - (600.0 - step as f64)).abs() < 3.0, "{family}: {values:?}");
            assert!((values[2 * step + 1] - day(400 + step)).abs() < 8.0, "{family}: {values:?}");
        }
    }
}

#[test]
fn a_constant_stays_constant_and_what_was_never_negative_stays_so() {
    let constant = one_column(vec![5.0; 200], HOUR_MS);
    let falling = one_column((0..200).map(|row| (200.0 - row as f64).max(0.0) + 0.5).collect(), HOUR_MS);
    for family in FAMILIES {
        match try_trained(family, &constant, &settings()) {
            Ok(artifact) => {
                let values = forecast(&served(&artifact), context(30, 230, |_| 5.0), 40);
                assert!(values.iter().all(|value| (value - 5.0).abs() < 1e-6), "{family}: {values:?}");
            }
            Err(error) => assert!(family == Family::MSTL && error.to_string().contains("method"), "{family}: {error}"),
        }
        let Ok(artifact) = try_trained(family, &falling, &settings()) else {
            assert_eq!(family, Family::MSTL, "only MSTL needs a season");
            continue;
        };
        let values = forecast(&served(&artifact), context(30, 200, |row| (200.0 - row as f64).max(0.0) + 0.5), 60);
        assert!(values.iter().all(|value| *value >= 0.0), "{family}: {values:?}");
    }
}

/// Monthly rows as people have them, with their last fifth for the test.
fn monthly() -> (Series, Series) {
    let month = |row: usize| format!("{}-{:02}", 1949 + row / 12, 1 + row % 12);
    let value = |row: usize| (100.0 + row as f64) * (1.0 + 0.3 * (TAU * row as f64 / 12.0).sin());
    let rows = (0..120).map(|row| format!("{},{}\n", month(row), value(row)));
    let text = format!("month,y\n{}", rows.collect::<String>());
    split_last_fifth(read_series(text.as_bytes(), "monthly.csv", &ReadOptions::default()).unwrap())
}

#[test]
fn a_hundred_and_twenty_months_are_forecast_with_their_season() {
    let (train, test) = monthly();
    let prepared = prepare(train, test, &PreprocessConfig::default()).unwrap();
    let data = data_of(&prepared, &["y"]);
    let truth = &prepared.test.column("y").unwrap().values;
    for family in FAMILIES {
        let settings = TrainSettings { output_rows: 12, ..TrainSettings::default() };
        let model = served(&trained(family, &data, &settings));
        let first = prepared.train.rows() - 30;
        let request = RequestRows {
            times: prepared.train.times_ms[first..].iter().map(|ms| format_time(*ms, prepared.train.form)).collect(),
            columns: [("y".to_owned(), prepared.train.column("y").unwrap().values[first..].to_vec())].into(),
        };
        let ready = prepare_request(&model.manifest, &request).unwrap();
        let values = forecast(&model, ready.context, 12);
        let error = values.iter().zip(truth).map(|(value, truth)| (value - truth).abs()).sum::<f64>() / 12.0;
        let most = if family == Family::DRIFT { 80.0 } else { 15.0 };
        assert!(error < most, "{family}: {error} of about 200");
    }
}

#[test]
fn seasonal_naive_repeats_the_week_of_days_and_the_year_of_months() {
    let value = |row: usize| 100.0 + [0.0, 9.0, 1.0, 4.0, 7.0, 30.0, 25.0][row % 7] + row as f64 * 0.01;
    let model =
        served(&trained(Family::SEASONAL_NAIVE, &one_column((0..200).map(value).collect(), 24 * HOUR_MS), &settings()));
    let context = Context { last_ms: 199 * 24 * HOUR_MS, values: (170..200).map(value).collect() };
    let values = forecast(&model, context, 9);
    let wanted: Vec<f64> = (0..9).map(|step| value(193 + step % 7)).collect();
    assert_eq!(values, wanted);
    let (train, test) = monthly();
    let months = prepare(train, test, &PreprocessConfig::default()).unwrap();
    let year = served(&trained(Family::SEASONAL_NAIVE, &data_of(&months, &["y"]), &settings()));
    let y = &months.train.column("y").unwrap().values;
    let context = Context { last_ms: *months.train.times_ms.last().unwrap(), values: y[y.len() - 30..].to_vec() };
    assert_eq!(forecast(&year, context, 12), y[y.len() - 12..]);
}

#[test]
fn the_same_rows_twice_give_the_same_bytes_and_a_damaged_document_is_refused() {
    let data = one_column((0..500).map(day).collect(), HOUR_MS);
    for family in FAMILIES {
        let (once, again) = (trained(family, &data, &settings()), trained(family, &data, &settings()));
        assert_eq!(once.weights, again.weights, "{family}");
        assert_eq!(once.manifest.to_json(), again.manifest.to_json(), "{family}");
        let mut damaged = served(&once);
        damaged.manifest.documents.clear();
        let error = damaged.build().err().expect("no document");
        assert!(matches!(&error, ModelError::Artifact(cause) if cause.contains("0 documents")), "{error}");
        let mut damaged = served(&once);
        damaged.manifest.documents[0]["seasons"] = serde_json::json!([0]);
        assert!(damaged.build().is_err(), "{family} with a season of no row");
    }
}

#[test]
fn a_fit_beats_while_it_computes_and_is_stopped_by_its_watcher() {
    let data = one_column((0..1_500).map(day).collect(), HOUR_MS);
    let mut reports = 0;
    let mut count = |_: f64| {
        reports += 1;
        TrainSignal::GoOn
    };
    fit(Family::BLEND, &data, &settings(), lineage(), &mut count).unwrap();
    assert!(reports > 20, "{reports} reports");
    let mut left = 5;
    let mut stop = |_: f64| {
        left -= 1;
        if left > 0 { TrainSignal::GoOn } else { TrainSignal::Stop }
    };
    let stopped = fit(Family::BLEND, &data, &settings(), lineage(), &mut stop).expect_err("stopped");
    assert!(matches!(stopped, ModelError::Cancelled), "{stopped}");
}

#[test]
fn rows_that_are_missing_in_a_long_gap_do_not_shift_the_season() {
    let mut data = one_column((0..900).map(day).collect(), HOUR_MS);
    let kept = |row: &usize| !(400..470).contains(row);
    data.train.times_ms = (0..900).filter(kept).map(|row| row as i64 * HOUR_MS).collect();
    data.train.columns[0].values = (0..900).filter(kept).map(day).collect();
    for family in [Family::ETS, Family::MSTL, Family::BLEND] {
        let model = served(&trained(family, &data, &settings()));
        let values = forecast(&model, context(30, 900, day), 24);
        let error = (0..24).map(|step| (values[step] - day(900 + step)).abs()).sum::<f64>() / 24.0;
        assert!(error < 6.0, "{family}: {error}");
    }
}
