//! Every family trains, forecasts and answers what its manifest promises.

use flts::forecast::{Context, Family, ModelError, TrainSettings, TrainSignal, WEIGHTS_FILE, fit, sha256_hex};

use crate::common::training::*;

const LEARNED: [Family; 3] = [Family::GRU, Family::LSTM, Family::RIDGE];

#[test]
fn every_family_answers_finite_numbers_of_the_right_shape_up_to_far_beyond_its_head() {
    let prepared = prepared();
    let data = data_of(&prepared, &["down", "users"]);
    for family in Family::ALL {
        let served = served(&trained(family, &data, &quick()));
        served.warm_up().expect("warms up");
        let model = served.build().expect("builds");
        let last = prepared.test.rows() - 1;
        let joined = prepared.train.concat(&prepared.test).expect("one follows the other");
        let context = context_at(&served, &joined, prepared.train.rows() + last);
        for horizon in [1, 7, 8, 9, 800] {
            let forecasts = model.forecast(std::slice::from_ref(&context), horizon).expect("forecasts");
            assert_eq!(forecasts.len(), 1, "{family}");
            assert_eq!(forecasts[0].len(), horizon * 2, "{family} {horizon}");
            assert!(forecasts[0].iter().all(|value| value.is_finite() && *value >= 0.0));
        }
        assert!(model.forecast(&[], 1).expect("no context, no forecast").is_empty());
    }
}

#[test]
fn a_longer_horizon_does_not_change_the_first_steps() {
    let data = data();
    for family in Family::ALL {
        let served = served(&trained(family, &data, &quick()));
        let model = served.build().expect("builds");
        let context = [context_at(&served, &data.train, 2_000)];
        let short = model.forecast(&context, 3).expect("forecasts");
        let long = model.forecast(&context, 50).expect("forecasts");
        assert_eq!(short[0][..], long[0][..3], "{family}");
    }
}

#[test]
fn a_forecast_is_the_same_whatever_batch_it_rides_in() {
    let data = data();
    for family in Family::ALL {
        let served = served(&trained(family, &data, &quick()));
        let model = served.build().expect("builds");
        let contexts: Vec<Context> = (0..33).map(|i| context_at(&served, &data.train, 1_000 + 17 * i)).collect();
        let together = model.forecast(&contexts, 12).expect("forecasts");
        for (context, batched) in contexts.iter().zip(&together) {
            let alone = model.forecast(std::slice::from_ref(context), 12).expect("forecasts");
            for (a, b) in alone[0].iter().zip(batched) {
                assert!((a - b).abs() <= 1e-5 * b.abs(), "{family}: {a} {b}");
            }
        }
    }
}

#[test]
fn the_step_from_the_head_to_the_blend_is_no_larger_than_steps_within_the_head() {
    let data = data();
    for family in LEARNED {
        let served = served(&trained(family, &data, &quick()));
        let model = served.build().expect("builds");
        let head = served.manifest.output_rows;
        for last in [1_000, 1_500, 2_000, 2_500] {
            let context = [context_at(&served, &data.train, last)];
            let forecast = &model.forecast(&context, head + 60).expect("forecasts")[0];
            let level = forecast[head - 1];
            let seam = (forecast[head] - level).abs();
            assert!(seam < 0.1 * level, "{family}: {level} -> {}", forecast[head]);
        }
    }
}

#[test]
fn far_beyond_the_head_a_forecast_follows_the_time_of_day() {
    // a daily wave in hours; the last context ends at midnight of day 20
    let wave = |row: usize| 100.0 + 50.0 * (row as f64 / 24.0 * std::f64::consts::TAU).sin();
    let data = one_column((0..481).map(wave).collect(), 3_600_000);
    for family in LEARNED {
        let settings = TrainSettings { input_rows: 6, output_rows: 2, ..quick() };
        let served = served(&trained(family, &data, &settings));
        let context = [context_at(&served, &data.train, 480)];
        let model = served.build().expect("builds");
        let forecast = &model.forecast(&context, 200).expect("forecasts")[0];
        for (step, value) in forecast.iter().enumerate().skip(120) {
            let truth = wave(480 + step + 1);
            assert!((value - truth).abs() < 12.0, "{family} {step}: {value} {truth}");
        }
    }
}

#[test]
fn persistence_repeats_the_last_row_and_seasonal_naive_the_same_time_yesterday() {
    let data = one_column((0..96).map(f64::from).collect(), 3_600_000);
    let persistence = served(&trained(Family::PERSISTENCE, &data, &quick()));
    let context = [context_at(&persistence, &data.train, 95)];
    let model = persistence.build().expect("builds");
    assert_eq!(model.forecast(&context, 3).expect("forecasts")[0], [95.0; 3]);

    let naive = served(&trained(Family::SEASONAL_NAIVE, &data, &quick()));
    assert_eq!(naive.manifest.input_rows, 30, "the day before is known from the fit");
    let context = [context_at(&naive, &data.train, 95)];
    let model = naive.build().expect("builds");
    let forecast = &model.forecast(&context, 50).expect("forecasts")[0];
    assert_eq!(forecast[..3], [72.0, 73.0, 74.0]);
    assert_eq!(forecast[24..26], [72.0, 73.0]);
}

#[test]
fn seasonal_naive_refuses_what_has_no_same_time_yesterday() {
    let short = one_column((0..47).map(f64::from).collect(), 3_600_000);
    let error = try_trained(Family::SEASONAL_NAIVE, &short, &quick()).expect_err("47 hours");
    assert!(error.to_string().contains("47.0 hours"), "{error}");
    let odd = one_column((0..999).map(f64::from).collect(), 7_000_000);
    let error = try_trained(Family::SEASONAL_NAIVE, &odd, &quick()).expect_err("no divisor");
    assert!(error.to_string().contains("7000000 ms"), "{error}");
}

#[test]
fn the_same_data_and_seed_give_the_same_weights_even_beside_another_training() {
    let data = data();
    for family in LEARNED {
        let alone = trained(family, &data, &quick());
        let beside = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let settings = TrainSettings { seed: 1, ..quick() };
                trained(Family::LSTM, &data, &settings)
            });
            let beside = trained(family, &data, &quick());
            other.join().expect("the other training ends");
            beside
        });
        assert_eq!(sha256_hex(&alone.weights), sha256_hex(&beside.weights), "{family}");
        assert_eq!(alone.manifest.to_json(), beside.manifest.to_json());
    }
}

#[test]
fn another_seed_gives_other_weights() {
    let data = data();
    let other = TrainSettings { seed: 43, ..quick() };
    let (a, b) = (trained(Family::GRU, &data, &quick()), trained(Family::GRU, &data, &other));
    assert_ne!(a.weights, b.weights);
    assert_ne!(a.manifest.settings, b.manifest.settings);
}

#[test]
fn threads_are_no_part_of_what_a_model_is() {
    let many = TrainSettings { threads: 9, ..quick() };
    for family in Family::ALL {
        assert_eq!(quick().canonical(family), many.canonical(family));
    }
}

#[test]
fn the_original_sizes_stay_possible() {
    let settings = TrainSettings {
        input_rows: 10,
        output_rows: 1,
        hidden_size: 128,
        num_layers: 2,
        max_steps: Some(2),
        ..TrainSettings::default()
    };
    for family in [Family::GRU, Family::LSTM] {
        served(&trained(family, &data(), &settings)).warm_up().expect("warms up");
    }
}

#[test]
fn a_cancelled_training_ends_at_once_and_leaves_nothing() {
    let mut heard = Vec::new();
    let outcome = fit(Family::GRU, &data(), &quick(), lineage(), &mut |progress| {
        heard.push(progress);
        if progress > 0.4 { TrainSignal::Stop } else { TrainSignal::GoOn }
    });
    assert!(matches!(outcome, Err(ModelError::Cancelled)));
    assert!(heard.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(heard.len() > 2 && heard.last().is_some_and(|last| *last < 0.7), "{heard:?}");
}

#[test]
fn numbers_never_seen_in_training_still_give_finite_forecasts() {
    let data = data();
    for family in LEARNED {
        let served = served(&trained(family, &data, &quick()));
        let model = served.build().expect("builds");
        let cells = served.manifest.input_rows * served.manifest.columns.len();
        for value in [-1e12, -1.0, 0.0, 1e30] {
            let context = Context { last_ms: i64::MAX, values: vec![value; cells] };
            let forecast = &model.forecast(&[context], 40).expect("forecasts")[0];
            assert!(forecast.iter().all(|number| number.is_finite()), "{family} {value}");
        }
    }
}

#[test]
fn contexts_that_do_not_fit_are_refused() {
    let data = data();
    for family in Family::ALL {
        let served = served(&trained(family, &data, &quick()));
        let model = served.build().expect("builds");
        let good = context_at(&served, &data.train, 2_000);
        let mut short = good.clone();
        short.values.pop();
        let mut holed = good.clone();
        holed.values[0] = f64::NAN;
        for (context, horizon, word) in [(short, 1, "values"), (holed, 1, "no number"), (good, 0, "horizon")] {
            let error = model.forecast(&[context], horizon).expect_err(word);
            assert!(error.to_string().contains(word), "{family}: {error}");
        }
    }
}

#[test]
fn data_and_settings_that_no_family_can_learn_from_are_refused() {
    let good = data();
    let mut no_target = good.clone();
    no_target.targets = vec!["nothing".into()];
    let mut holed = good.clone();
    holed.train.columns[1].values[5] = f64::NAN;
    let mut short = good.clone();
    short.train = good.train.slice(0..20);
    let cases = [(no_target, "nothing"), (holed, "train row 5"), (short, "no run of 38 rows")];
    for (data, word) in cases {
        let error = try_trained(Family::GRU, &data, &quick()).expect_err(word);
        assert!(error.to_string().contains(word), "{error}");
    }
    let settings = TrainSettings { batch_size: 0, learning_rate: f64::NAN, ..quick() };
    let error = try_trained(Family::GRU, &good, &settings).expect_err("settings");
    let text = error.to_string();
    assert!(text.contains("BATCH_SIZE") && text.contains("LEARNING_RATE"), "{text}");
}

#[test]
fn a_training_that_diverges_is_an_error_and_no_artifact() {
    let data = one_column((0..200).map(|i| if i == 90 { 1e300 } else { -f64::from(i) }).collect(), 60_000);
    for family in LEARNED {
        let error = try_trained(family, &data, &quick()).expect_err("1e300 among small numbers");
        println!("{family}: {error}");
    }
}

#[test]
fn family_names_are_read_and_unknown_ones_list_the_valid() {
    for family in Family::ALL {
        assert_eq!(family.as_str().parse(), Ok(family));
        assert_eq!(serde_json::to_string(&family).expect("a name"), format!("\"{family}\""));
    }
    let error = "TETS".parse::<Family>().expect_err("unknown");
    assert!(error.contains("TETS") && error.contains("SEASONAL_NAIVE"), "{error}");
    assert_eq!(WEIGHTS_FILE, "weights.safetensors");
}
