//! Families and blend on series whose continuation is known.

use std::f64::consts::TAU;

use flts::forecast::Steps;
use flts::forecast::classical::{
    Ets, FitSettings, Fitted, FittedMethod, Holiday, Method, MethodError, Model, ProphetSettings, Rows, Season,
    SeasonOrder, Signal, TermMode, Trend, Work, fit, fit_blended, forecast,
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// A noise from -1 to 1 that is the same everywhere.
fn noise(row: usize) -> f64 {
    let mut bits = (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn hourly(range: std::ops::Range<usize>, value: impl Fn(usize) -> f64) -> Rows {
    Rows::new(Steps::from(HOUR_MS), range.clone().map(|row| row as i64 * HOUR_MS).collect(), range.map(value).collect())
}

fn fitted(method: Method, rows: &Rows, horizon: usize) -> Model {
    let settings = FitSettings { horizon, ..FitSettings::default() };
    fit(method, rows, &settings, &mut Work::new(&mut || Signal::GoOn)).expect("fits")
}

fn blended(rows: &Rows, horizon: usize) -> Model {
    let settings = FitSettings { horizon, ..FitSettings::default() };
    fit_blended(rows, &settings, &mut Work::new(&mut || Signal::GoOn)).expect("fits")
}

fn worst(values: &[f64], truth: impl Fn(usize) -> f64) -> f64 {
    values.iter().enumerate().map(|(step, value)| (value - truth(step)).abs()).fold(0.0, f64::max)
}

#[test]
fn the_naive_methods_copy_and_drift_extends_the_line_between_the_ends() {
    let rows = hourly(0..96, |row| (row % 24) as f64 + if row >= 72 { 10.0 } else { 0.0 });
    assert_eq!(forecast(&fitted(Method::Naive, &rows, 3), &rows, 3).expect("answers"), [33.0; 3]);
    let seasonal = fitted(Method::SeasonalNaive, &rows, 3);
    assert_eq!(seasonal.seasons, [24]);
    assert_eq!(forecast(&seasonal, &rows, 25).expect("answers")[23..], [33.0, 10.0]);
    let line = hourly(0..50, |row| 2.0 * row as f64);
    let drift = forecast(&fitted(Method::Drift, &line, 3), &line, 3).expect("answers");
    assert!(worst(&drift, |step| 2.0 * (50 + step) as f64) < 1e-9);
}

#[test]
fn a_straight_line_is_continued_by_ets_theta_and_the_blend() {
    let line = |row: usize| 3.0 * row as f64 + 20.0;
    let rows = hourly(0..300, line);
    for method in [Method::Ets, Method::Theta, Method::Prophet] {
        let values = forecast(&fitted(method, &rows, 12), &rows, 12).expect("answers");
        let error = worst(&values, |step| line(300 + step));
        assert!(error < if method == Method::Ets { 1e-3 } else { 5.0 }, "{method}: {error}");
    }
    let values = forecast(&blended(&rows, 12), &rows, 12).expect("answers");
    assert!(worst(&values, |step| line(300 + step)) < 1.0, "{values:?}");
}

#[test]
fn a_noiseless_sine_is_continued_by_every_seasonal_method() {
    let sine = |row: usize| 10.0 + (TAU * row as f64 / 24.0).sin();
    let rows = hourly(0..600, sine);
    let methods = [
        Method::SeasonalNaive,
        Method::SeasonalAr,
        Method::MstlEts,
        Method::MstlTheta,
        Method::MstlAr,
        Method::LagRidge,
        Method::Prophet,
    ];
    for method in methods {
        let model = fitted(method, &rows, 24);
        assert_eq!(model.seasons, [24]);
        let error = worst(&forecast(&model, &rows, 24).expect("answers"), |step| sine(600 + step));
        assert!(error < 0.01, "{method}: {error}");
    }
    let error = worst(&forecast(&blended(&rows, 24), &rows, 24).expect("answers"), |step| sine(600 + step));
    assert!(error < 1e-6, "blend: {error}");
}

#[test]
fn ets_without_trend_is_the_exponentially_weighted_mean() {
    let values: Vec<f64> = (0..200).map(|row| 50.0 + 5.0 * noise(row)).collect();
    let model = Ets::fit_values(&values, 1, &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    assert_eq!((model.form.trend, model.form.season), (Trend::None, Season::None), "noise around a mean");
    // closed form: what follows is alpha x value + (1 - alpha) x what was said before
    let alpha = model.smoothing.level;
    let before = model.forecast_after(&[], 1)[0];
    let after = model.forecast_after(&[80.0], 3);
    assert!(after.iter().all(|value| (value - (alpha * 80.0 + (1.0 - alpha) * before)).abs() < 1e-9), "{after:?}");
    // noise has no memory: the level is the mean
    assert!((before - values.iter().sum::<f64>() / 200.0).abs() < 1.0, "{before}");
}

#[test]
fn ets_finds_a_multiplicative_season_on_a_growing_level() {
    let season = [0.7, 1.0, 1.5, 0.8];
    let truth = |row: usize| (100.0 + 2.0 * row as f64) * season[row % 4];
    let values: Vec<f64> = (0..80).map(|row| truth(row) * (1.0 + 0.01 * noise(row))).collect();
    let model = Ets::fit_values(&values, 4, &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    assert_eq!(model.form.season, Season::Multiplicative);
    assert_ne!(model.form.trend, Trend::None);
    let error = worst(&model.forecast_after(&[], 8), |step| truth(80 + step));
    assert!(error < 12.0, "{error} of about 260");
}

#[test]
fn the_ridge_uses_a_column_that_is_known_in_advance() {
    let drive = |row: usize| f64::from(u8::from(noise(row + 9_000) > 0.6));
    let truth = |row: usize| 50.0 + 10.0 * (TAU * row as f64 / 24.0).sin() + 30.0 * drive(row);
    let mut rows = hourly(0..700, |row| truth(row) + 0.1 * noise(row));
    rows.known = vec![(0..724).map(drive).collect()];
    for method in [Method::LagRidge, Method::Prophet] {
        let error = worst(&forecast(&fitted(method, &rows, 24), &rows, 24).expect("answers"), |step| truth(700 + step));
        // the ridge computes on logs, where the column's effect is not quite a constant
        assert!(error < 6.0, "{method}: {error} of 30");
    }
    let model = fitted(Method::LagRidge, &rows, 24);
    rows.known[0].truncate(700);
    assert!(matches!(forecast(&model, &rows, 24), Err(MethodError::Rows(_))), "the future is not there");
}

fn prophet_settings(mode: TermMode) -> FitSettings {
    FitSettings {
        horizon: 14,
        prophet: ProphetSettings { mode, follow_rows: false, ..ProphetSettings::default() },
        ..FitSettings::default()
    }
}

fn daily(rows: usize, value: impl Fn(usize) -> f64) -> Rows {
    Rows::new(Steps::from(DAY_MS), (0..rows).map(|row| row as i64 * DAY_MS).collect(), (0..rows).map(value).collect())
}

#[test]
fn prophet_finds_trend_changepoint_week_and_holidays() {
    let holiday = |row: usize| row % 90 == 40;
    let truth = |row: usize| {
        let bend = if row > 200 { 0.5 * (row - 200) as f64 } else { 0.0 };
        100.0 + 0.2 * row as f64 + bend + 8.0 * (TAU * row as f64 / 7.0).sin() + if holiday(row) { 40.0 } else { 0.0 }
    };
    let rows = daily(400, |row| truth(row) + 0.5 * noise(row));
    let mut settings = prophet_settings(TermMode::Additive);
    settings.prophet.holidays = vec![Holiday {
        name: "fair".into(),
        days: (0..600).filter(|row| holiday(*row as usize)).collect(),
        days_before: 0,
        days_after: 0,
    }];
    let model = fit(Method::Prophet, &rows, &settings, &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    let values = forecast(&model, &rows, 14).expect("answers");
    assert!(holiday(400), "the first step is one");
    let error = worst(&values, |step| truth(400 + step));
    assert!(error < 4.0, "{error}");
}

#[test]
fn multiplicative_prophet_scales_its_season_with_the_trend() {
    let truth = |row: usize| (100.0 + row as f64) * (1.0 + 0.3 * (TAU * row as f64 / 7.0).sin());
    let rows = daily(300, |row| truth(row) * (1.0 + 0.002 * noise(row)));
    let error = |mode| {
        let model = fit(Method::Prophet, &rows, &prophet_settings(mode), &mut Work::new(&mut || Signal::GoOn));
        worst(&forecast(&model.expect("fits"), &rows, 14).expect("answers"), |step| truth(300 + step))
    };
    let (multiplicative, additive) = (error(TermMode::Multiplicative), error(TermMode::Additive));
    assert!(multiplicative < 6.0 && multiplicative < 0.3 * additive, "{multiplicative}, additive {additive}");
}

#[test]
fn the_posterior_of_prophet_is_at_its_maximum() {
    // a model with one changepoint: slope, offset, change; the maximum is compared with a grid around it
    let rows =
        daily(60, |row| 10.0 + 0.1 * row as f64 + if row > 30 { 0.3 * (row - 30) as f64 } else { 0.0 } + noise(row));
    let mut settings = prophet_settings(TermMode::Additive);
    settings.prophet.changepoints = 1;
    settings.prophet.weekly = SeasonOrder::Off;
    let model = fit(Method::Prophet, &rows, &settings, &mut Work::new(&mut || Signal::GoOn)).expect("fits");
    let Fitted::One(FittedMethod::Prophet(prophet)) = &model.fitted else { panic!("no prophet") };
    let scale = rows.values.iter().fold(0.0f64, |most, value| most.max(*value));
    let change_at = 47.0 / 59.0;
    let value = |slope: f64, offset: f64, change: f64, deviation: f64| -> f64 {
        let missed = |row: usize| {
            let time = row as f64 / 59.0;
            rows.values[row] / scale - slope * time - offset - change * (time - change_at).max(0.0)
        };
        let square: f64 = (0..60).map(|row| missed(row).powi(2)).sum();
        -60.0 * deviation.ln()
            - square / (2.0 * deviation * deviation)
            - (slope * slope + offset * offset) / 50.0
            - change.abs() / 0.05
            - deviation * deviation / 0.5
    };
    let json = serde_json::to_value(prophet).expect("json");
    let weights: Vec<f64> = serde_json::from_value(json["weights"].clone()).expect("weights");
    let deviation = prophet.noise_deviation() / scale;
    let top = value(weights[0], weights[1], weights[2], deviation);
    assert!((top - prophet.log_posterior()).abs() < 1e-6, "{top} is said to be {}", prophet.log_posterior());
    for place in 0..4 {
        for nudge in [-1e-3, 1e-3] {
            let mut at = [weights[0], weights[1], weights[2], deviation];
            at[place] += nudge;
            assert!(value(at[0], at[1], at[2], at[3]) < top, "a nudge of {nudge} at {place} is likelier");
        }
    }
}
