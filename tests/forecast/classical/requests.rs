//! How models answer: few rows, gaps, odd rows, limits, stopping, storing.

use std::f64::consts::TAU;

use flts::forecast::Steps;
use flts::forecast::classical::{
    FitSettings, Fitted, Method, MethodError, Model, Rows, Signal, Work, fit, fit_blended, forecast,
};

const HOUR_MS: i64 = 3_600_000;

fn noise(row: usize) -> f64 {
    let mut bits = (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn day(row: usize) -> f64 {
    60.0 + 20.0 * (TAU * row as f64 / 24.0).sin() + 8.0 * (TAU * row as f64 / 12.0).cos() + 2.0 * noise(row)
}

fn hourly(range: std::ops::Range<usize>, value: impl Fn(usize) -> f64) -> Rows {
    Rows::new(Steps::from(HOUR_MS), range.clone().map(|row| row as i64 * HOUR_MS).collect(), range.map(value).collect())
}

fn settings() -> FitSettings {
    FitSettings { horizon: 24, ..FitSettings::default() }
}

fn every_model(rows: &Rows) -> Vec<(String, Model)> {
    let mut beat = || Signal::GoOn;
    let mut work = Work::new(&mut beat);
    let mut models = Vec::new();
    for method in Method::ALL {
        if let Ok(model) = fit(method, rows, &settings(), &mut work) {
            models.push((method.to_string(), model));
        }
    }
    models.push(("BLEND".into(), fit_blended(rows, &settings(), &mut work).expect("a blend always fits")));
    models
}

#[test]
fn every_method_answers_from_thirty_rows_and_about_as_well_as_from_many() {
    let train = hourly(0..800, day);
    for (name, model) in every_model(&train) {
        let error = |rows: &Rows| {
            let values = forecast(&model, rows, 24).unwrap_or_else(|error| panic!("{name}: {error}"));
            values.iter().enumerate().map(|(step, value)| (value - day(900 + step)).abs()).sum::<f64>() / 24.0
        };
        let (few, many) = (error(&hourly(870..900, day)), error(&hourly(0..900, day)));
        if !["NAIVE", "DRIFT", "AR", "ETS", "THETA"].contains(&name.as_str()) {
            assert!(many < 4.0, "{name}: {many}");
        }
        assert!(few < 1.5 * many + 1.0, "{name}: {few} from thirty rows, {many} from all");
    }
}

#[test]
fn after_a_long_pause_the_season_is_still_in_phase_and_the_level_that_of_the_rows() {
    let train = hourly(0..800, day);
    let later = hourly(5_000..5_030, |row| 2.0 * day(row));
    for (name, model) in every_model(&train) {
        if ["NAIVE", "DRIFT", "AR", "THETA"].contains(&name.as_str()) {
            continue;
        }
        let values = forecast(&model, &later, 24).expect("answers");
        let error =
            values.iter().enumerate().map(|(step, value)| (value - 2.0 * day(5_030 + step)).abs()).sum::<f64>() / 24.0;
        assert!(error < 20.0, "{name}: {error} of 120");
    }
}

#[test]
fn forecasts_are_finite_on_awkward_rows() {
    let awkward: Vec<(&str, Rows)> = vec![
        ("constant", hourly(0..200, |_| 5.0)),
        ("zeros", hourly(0..200, |_| 0.0)),
        ("two rows", hourly(0..2, |row| row as f64)),
        ("eight rows", hourly(0..8, day)),
        ("one outlier", hourly(0..300, |row| if row == 100 { 1e9 } else { day(row) })),
        ("gaps", hourly(0..300, |row| if row % 50 < 20 { f64::NAN } else { day(row) })),
        ("one value", hourly(0..50, |row| if row == 20 { 3.0 } else { f64::NAN })),
        ("intermittent", hourly(0..400, |row| if noise(row) > 0.8 { 5.0 } else { 0.0 })),
        ("negative", hourly(0..400, |row| day(row) - 1e6)),
        ("tiny", hourly(0..400, |row| 1e-200 * day(row))),
        ("huge", hourly(0..400, |row| 1e150 * day(row))),
    ];
    for (what, rows) in awkward {
        for (name, model) in every_model(&rows) {
            for steps in [1, 24, 100] {
                let values = forecast(&model, &rows, steps).unwrap_or_else(|error| panic!("{name} on {what}: {error}"));
                assert!(values.len() == steps && values.iter().all(|value| value.is_finite()), "{name} on {what}");
            }
            if what == "constant" {
                let values = forecast(&model, &rows, 3).expect("answers");
                assert!(values.iter().all(|value| (value - 5.0).abs() < 1e-6), "{name}: {values:?}");
            }
        }
    }
}

#[test]
fn an_outlier_in_train_hardly_moves_the_forecast() {
    let clean = hourly(0..600, day);
    let mut marked = clean.clone();
    marked.values[300] = 1e9;
    let answer = |train: &Rows| {
        let model = fit_blended(train, &settings(), &mut Work::new(&mut || Signal::GoOn)).expect("fits");
        forecast(&model, &hourly(500..600, day), 24).expect("answers")
    };
    let (with, without) = (answer(&marked), answer(&clean));
    assert!(with.iter().zip(&without).all(|(with, without)| (with - without).abs() < 1.0), "{with:?} {without:?}");
}

#[test]
fn a_level_that_jumped_after_the_fit_is_followed() {
    let train = hourly(0..800, day);
    let tripled = |row: usize| if row >= 840 { 3.0 * day(row) } else { day(row) };
    let rows = hourly(0..900, tripled);
    for (name, model) in every_model(&train) {
        if ["NAIVE", "DRIFT", "AR", "THETA"].contains(&name.as_str()) {
            continue;
        }
        let values = forecast(&model, &rows, 24).expect("answers");
        let error =
            values.iter().enumerate().map(|(step, value)| (value - tripled(900 + step)).abs()).sum::<f64>() / 24.0;
        assert!(error < 30.0, "{name}: {error} of 180");
    }
}

#[test]
fn a_target_that_was_never_negative_gets_no_negative_forecast() {
    let falling = hourly(0..200, |row| (200.0 - row as f64).max(0.0) + 0.5);
    let model = fit(Method::Drift, &falling, &settings(), &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    assert!(forecast(&model, &falling, 50).expect("answers").iter().all(|value| *value >= 0.0));
}

#[test]
fn a_stored_model_answers_as_before_and_the_same_fit_is_the_same_model() {
    let train = hourly(0..700, day);
    for ((name, model), (_, again)) in every_model(&train).into_iter().zip(every_model(&train)) {
        let json = serde_json::to_string(&model).expect("json");
        assert_eq!(json, serde_json::to_string(&again).expect("json"), "{name} twice");
        let read: Model = serde_json::from_str(&json).expect("read");
        assert_eq!(read, model, "{name}");
        assert!(json.len() < 400_000, "{name} takes {} bytes", json.len());
        let rows = hourly(650..750, day);
        assert_eq!(forecast(&read, &rows, 30), forecast(&model, &rows, 30));
    }
}

#[test]
fn a_stopped_fit_is_cancelled_and_beats_come_often() {
    let train = hourly(0..2_000, day);
    let mut beats = 0;
    let mut count = || {
        beats += 1;
        Signal::GoOn
    };
    let mut work = Work::new(&mut count);
    let model = fit_blended(&train, &settings(), &mut work).expect("fits");
    assert!(model.operations > 0);
    assert!(beats > 20, "{beats} beats");
    let mut left = 5;
    let mut stop = || {
        left -= 1;
        if left > 0 { Signal::GoOn } else { Signal::Stop }
    };
    let stopped = fit_blended(&train, &settings(), &mut Work::new(&mut stop));
    assert_eq!(stopped.expect_err("stopped"), MethodError::Cancelled);
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let mut beat = || Signal::GoOn;
    let mut work = Work::new(&mut beat);
    let no_season = hourly(0..40, |row| row as f64);
    for method in [Method::SeasonalNaive, Method::SeasonalAr, Method::MstlEts] {
        let error = fit(method, &no_season, &settings(), &mut work).expect_err("no season");
        assert!(error.to_string().contains("season"), "{error}");
    }
    let model = fit_blended(&no_season, &settings(), &mut work).expect("fits");
    let Fitted::Blend(blend) = &model.fitted else { panic!("no blend") };
    assert_eq!(blend.scores.len(), settings().blend.pool.len());
    assert!(blend.scores.iter().all(|score| score.mae.is_some() != score.reason.is_some()), "{:?}", blend.scores);
    let empty = Rows::new(Steps::from(HOUR_MS), Vec::new(), Vec::new());
    assert!(matches!(fit_blended(&empty, &settings(), &mut work), Err(MethodError::Data(_))));
    assert!(matches!(forecast(&model, &empty, 3), Err(MethodError::Rows(_))));
    let back = Rows::new(Steps::from(HOUR_MS), vec![10, 5], vec![1.0, 2.0]);
    assert!(matches!(forecast(&model, &back, 3), Err(MethodError::Rows(_))));
    let given = FitSettings { seasons: Some(vec![10]), ..settings() };
    assert_eq!(fit(Method::Naive, &no_season, &given, &mut work).expect("fits").seasons, [10]);
}

#[test]
fn intervals_of_noise_cover_about_what_they_say() {
    let train = hourly(0..1_000, day);
    let model = fit_blended(&train, &settings(), &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    let Fitted::Blend(blend) = &model.fitted else { panic!("no blend") };
    let (mut inside, mut cells) = ([0usize; 2], 0u32);
    for end in (1_000..1_600).step_by(24) {
        let values = forecast(&model, &hourly(end - 200..end, day), 24).expect("answers");
        for (step, value) in values.iter().enumerate() {
            for (level, inside) in [0.5, 0.8].into_iter().zip(&mut inside) {
                let half = blend.intervals.half_width(step + 1, level).expect("judged");
                *inside += usize::from((value - day(end + step)).abs() <= half);
            }
            cells += 1;
        }
    }
    // the noise is uniform, so that the widening by a quarter takes in much of what is left
    let coverage = inside.map(|inside| f64::from(inside as u32) / f64::from(cells));
    assert!((0.45..=0.75).contains(&coverage[0]) && (0.75..=0.99).contains(&coverage[1]), "{coverage:?}");
}
