//! Who wins, and on which rows: tables over the pure parts of judging.

use std::collections::BTreeMap;

use flts::forecast::{
    Candidate, Champion, Contestant, Family, Measured, Metrics, PromotionChoice, Rules, ScoreWeights, Series,
    TestOrigins, Verdict, evaluate, judge, measure, test_window,
};

use crate::common::training::*;

/// Origins that are enough for a paired test.
const MANY: usize = 400;

/// A contestant with the same loss at every origin.
fn candidate(model_type: Family, loss: f64) -> Contestant {
    let candidate = Candidate::unscored(&format!("run-{model_type}"), model_type);
    Contestant { candidate, losses: vec![Some(loss); MANY] }
}

fn unservable(model_type: Family, loss: f64) -> Contestant {
    let mut contestant = candidate(model_type, loss);
    contestant.candidate.servable = false;
    contestant.candidate.note = Some("tensor is missing".into());
    contestant
}

/// A contestant that could not be scored at any origin.
fn unscored(model_type: Family) -> Contestant {
    Contestant { losses: vec![None; MANY], ..candidate(model_type, 0.0) }
}

fn named(run_id: &str, mut contestant: Contestant) -> Contestant {
    contestant.candidate.run_id = run_id.into();
    contestant
}

fn champion(loss: f64) -> Contestant {
    named("champion", candidate(Family::GRU, loss))
}

/// The judgement with a margin of 1 %, where every family may be promoted.
fn judged(candidates: Vec<Contestant>, champion: Option<Contestant>) -> Verdict {
    by(candidates, champion, &Family::ALL)
}

fn by(candidates: Vec<Contestant>, champion: Option<Contestant>, promotable: &[Family]) -> Verdict {
    let champion = champion.map(|contestant| Champion { contestant, provisional: false });
    judge(candidates, champion, &Rules { promotable, margin: 0.01, weights: None })
}

const GRU: Family = Family::GRU;
const LSTM: Family = Family::LSTM;
const RIDGE: Family = Family::RIDGE;
const PERSISTENCE: Family = Family::PERSISTENCE;
const SEASONAL: Family = Family::SEASONAL_NAIVE;

/// A judgement: what it shows, candidates besides persistence with a score of 1, champion, and the run that is promoted.
type Row<'a> = (&'a str, Vec<Contestant>, Option<Contestant>, &'a str);

fn assert_judged(table: Vec<Row>) {
    for (name, mut candidates, champion, winner) in table {
        candidates.push(candidate(PERSISTENCE, 1.0));
        let naive_champion = champion.as_ref().is_some_and(|champion| champion.candidate.model_type.is_naive());
        let verdict = judged(candidates, champion);
        assert_eq!(verdict.winner.as_deref().unwrap_or_default(), winner, "{name}: {}", verdict.reason);
        assert_eq!(verdict.decision == PromotionChoice::Promote, !winner.is_empty(), "{name}");
        let fallback = match winner {
            "" => naive_champion,
            _ => ["run-PERSISTENCE", "run-SEASONAL_NAIVE"].contains(&winner),
        };
        assert_eq!(verdict.fallback, fallback, "{name}");
        assert_eq!(verdict.scoreboard.iter().filter(|row| row.fallback).count(), usize::from(fallback), "{name}");
        assert!(!verdict.reason.is_empty(), "{name}");
    }
}

#[test]
fn where_nothing_is_served_the_best_that_beats_the_naive_methods_wins_and_else_the_best_of_those() {
    let nan = f64::NAN;
    assert_judged(vec![
        ("the best wins", vec![candidate(GRU, 0.5), candidate(RIDGE, 0.4)], None, "run-RIDGE"),
        ("nobody else was there", vec![], None, "run-PERSISTENCE"),
        ("nobody beats persistence", vec![candidate(GRU, 1.1)], None, "run-PERSISTENCE"),
        ("as good as persistence is not enough", vec![candidate(GRU, 1.0)], None, "run-PERSISTENCE"),
        (
            "the best naive method is the bar, and the fallback",
            vec![candidate(GRU, 0.9), candidate(SEASONAL, 0.8)],
            None,
            "run-SEASONAL_NAIVE",
        ),
        ("an unservable best gives way", vec![unservable(GRU, 0.1), candidate(LSTM, 0.5)], None, "run-LSTM"),
        ("an unservable naive method gives way", vec![unservable(SEASONAL, 0.1)], None, "run-PERSISTENCE"),
        ("NaN never wins", vec![candidate(GRU, nan), candidate(LSTM, 0.9)], None, "run-LSTM"),
        ("nor does an infinity below", vec![candidate(GRU, f64::NEG_INFINITY)], None, "run-PERSISTENCE"),
        ("nor one without a score", vec![unscored(GRU)], None, "run-PERSISTENCE"),
        (
            "ties go by family name",
            vec![candidate(RIDGE, 0.5), candidate(LSTM, 0.5), candidate(GRU, 0.5)],
            None,
            "run-GRU",
        ),
    ]);
}

#[test]
fn a_champion_falls_to_a_clear_gain_or_when_it_no_longer_beats_the_naive_methods() {
    let served = |score| Some(champion(score));
    assert_judged(vec![
        ("a gain below the margin keeps it", vec![candidate(LSTM, 0.496)], served(0.5), ""),
        ("a gain above the margin replaces it", vec![candidate(LSTM, 0.49)], served(0.5), "run-LSTM"),
        ("it keeps a tie", vec![candidate(LSTM, 0.5)], served(0.5), ""),
        ("no better than persistence, it falls", vec![candidate(LSTM, 0.9)], served(1.0), "run-LSTM"),
        ("and else to persistence", vec![candidate(LSTM, 1.2)], served(1.5), "run-PERSISTENCE"),
        ("without a score it falls", vec![candidate(LSTM, 0.9)], served(f64::NAN), "run-LSTM"),
        ("so it does if it cannot be served", vec![candidate(LSTM, 0.9)], Some(unservable(GRU, 0.1)), "run-LSTM"),
        ("and else to persistence, too", vec![candidate(LSTM, 1.1)], Some(unservable(GRU, 0.1)), "run-PERSISTENCE"),
        ("its own run changes nothing", vec![champion(0.3)], served(0.5), ""),
    ]);
}

#[test]
fn a_naive_champion_falls_as_soon_as_something_wins_and_to_another_naive_method_by_the_margin() {
    let served = |score| Some(named("champion", candidate(PERSISTENCE, score)));
    assert_judged(vec![
        ("a model that beats it replaces it", vec![candidate(RIDGE, 0.9)], served(1.0), "run-RIDGE"),
        ("not by less than the margin", vec![candidate(RIDGE, 0.995)], served(1.0), ""),
        ("a naive method replaces it by the margin", vec![candidate(SEASONAL, 0.9)], served(1.0), "run-SEASONAL_NAIVE"),
        ("not by less", vec![candidate(SEASONAL, 0.995)], served(1.0), ""),
        ("the same method on newer rows does not", vec![], served(1.0), ""),
    ]);
}

#[test]
fn a_provisional_champion_is_confirmed_or_replaced_without_a_margin() {
    let final_word = |candidates, served: &str| {
        let contestant = named(served, candidate(RIDGE, 0.5));
        let champion = Some(Champion { contestant, provisional: true });
        judge(candidates, champion, &Rules { promotable: &Family::ALL, margin: 0.01, weights: None })
    };
    let candidates = |gru| vec![candidate(GRU, gru), candidate(RIDGE, 0.5), candidate(PERSISTENCE, 1.0)];
    let replaced = final_word(candidates(0.499), "run-RIDGE");
    assert_eq!(replaced.winner.as_deref(), Some("run-GRU"), "{}", replaced.reason);
    let confirmed = final_word(candidates(0.6), "run-RIDGE");
    assert_eq!(confirmed.winner.as_deref(), Some("run-RIDGE"), "{}", confirmed.reason);
    assert!(confirmed.reason.contains("is confirmed"), "{}", confirmed.reason);
}

#[test]
fn only_promotable_families_win_and_without_naive_ones_among_them_nothing_may_be_served() {
    let candidates = || vec![candidate(RIDGE, 0.1), candidate(LSTM, 0.5), candidate(PERSISTENCE, 1.0)];
    assert_eq!(by(candidates(), None, &[LSTM, GRU]).winner.as_deref(), Some("run-LSTM"));
    let verdict = by(candidates(), None, &[GRU]);
    assert_eq!((verdict.winner, verdict.fallback), (None, false));
    assert!(verdict.reason.contains("PROMOTABLE_MODEL_TYPES excludes the naive methods"), "{}", verdict.reason);
}

#[test]
fn without_any_score_the_naive_method_is_served_where_nothing_is_and_nothing_is_replaced() {
    let candidates = || vec![unscored(PERSISTENCE), unscored(GRU)];
    let verdict = judged(candidates(), None);
    assert_eq!((verdict.winner.as_deref(), verdict.fallback), (Some("run-PERSISTENCE"), true), "{}", verdict.reason);
    assert_eq!(judged(candidates(), Some(champion(f64::NAN))).winner, None);
    assert_eq!(judged(vec![], None).winner, None);
}

#[test]
fn the_scoreboard_is_sorted_and_says_why_each_loser_cannot_win() {
    let candidates = vec![
        candidate(SEASONAL, f64::NAN),
        candidate(PERSISTENCE, 1.0),
        candidate(LSTM, 1.5),
        unservable(RIDGE, 0.2),
        candidate(GRU, 0.5),
    ];
    let verdict = judged(candidates, Some(champion(0.9)));
    let lines: Vec<(&str, &str)> =
        verdict.scoreboard.iter().map(|row| (row.model_type.as_str(), row.note.as_deref().unwrap_or(""))).collect();
    let expected = [
        ("RIDGE", "not servable: tensor is missing"),
        ("GRU", ""),
        ("GRU", "champion"),
        ("PERSISTENCE", "the bar that others must beat"),
        ("LSTM", "does not beat the naive methods"),
        ("SEASONAL_NAIVE", "no score"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_order_of_candidates_does_not_matter() {
    let mut candidates = Family::ALL.map(|family| candidate(family, 0.5)).to_vec();
    let forward = judged(candidates.clone(), None);
    candidates.reverse();
    assert_eq!(judged(candidates, None), forward);
}

/// A contestant whose loss at each origin is its mean and a fixed pattern of noise.
fn noisy(model_type: Family, mean: f64, origins: usize, noise: f64, seed: u64) -> Contestant {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let losses = (0..origins).map(|_| Some(mean + noise * next())).collect();
    Contestant { losses, ..candidate(model_type, 0.0) }
}

#[test]
fn a_gain_above_the_margin_that_may_be_luck_replaces_nobody() {
    let champion = Some(named("champion", noisy(GRU, 0.5, MANY, 0.9, 1)));
    let lucky = vec![noisy(LSTM, 0.48, MANY, 0.9, 2), noisy(PERSISTENCE, 1.0, MANY, 0.1, 3)];
    let verdict = judged(lucky, champion.clone());
    assert_eq!(verdict.winner, None, "{}", verdict.reason);
    assert!(verdict.reason.contains("standard errors"), "{}", verdict.reason);
    let clear = vec![noisy(LSTM, 0.4, MANY, 0.9, 2), noisy(PERSISTENCE, 1.0, MANY, 0.1, 3)];
    let verdict = judged(clear, champion);
    assert_eq!(verdict.winner.as_deref(), Some("run-LSTM"), "{}", verdict.reason);
}

#[test]
fn few_origins_replace_a_naive_method_by_five_percent_in_each_block_and_a_model_never() {
    let few = |family, loss| noisy(family, loss, 30, 0.0, 1);
    let naive = || Some(named("champion", few(PERSISTENCE, 1.0)));
    let winner = |ridge: Contestant, champion| judged(vec![ridge, few(PERSISTENCE, 1.0)], champion).winner;
    assert_eq!(winner(few(RIDGE, 0.94), naive()).as_deref(), Some("run-RIDGE"));
    assert_eq!(winner(few(RIDGE, 0.96), naive()), None);
    assert_eq!(winner(few(RIDGE, 0.96), None).as_deref(), Some("run-PERSISTENCE"));
    let mut uneven = few(RIDGE, 0.5);
    uneven.losses[20..].fill(Some(1.1));
    assert_eq!(winner(uneven, naive()), None, "it is behind in the last block");
    let model = || Some(named("champion", few(GRU, 0.9)));
    assert_eq!(winner(few(RIDGE, 0.1), model()), None, "a model stays");
    let beaten = || Some(named("champion", few(GRU, 1.2)));
    assert_eq!(winner(few(RIDGE, 0.1), beaten()).as_deref(), Some("run-RIDGE"), "unless a naive method beats it");
}

#[test]
fn a_candidate_is_ranked_on_the_origins_that_all_could_score_and_left_out_if_it_reaches_few() {
    let mut half = candidate(SEASONAL, 2.0);
    half.losses[..150].fill(None);
    let mut ridge = candidate(RIDGE, 0.5);
    ridge.losses[..150].fill(Some(100.0));
    let mut hardly = candidate(LSTM, 0.1);
    hardly.losses[50..].fill(None);
    let verdict = judged(vec![half, ridge, hardly, candidate(PERSISTENCE, 1.0)], None);
    assert_eq!(verdict.winner.as_deref(), Some("run-PERSISTENCE"), "{:?}", verdict.scoreboard);
    let row = |family| verdict.scoreboard.iter().find(|row| row.model_type == family).expect("a row").clone();
    assert_eq!((row(RIDGE).score, row(RIDGE).origins), (Some(0.5), Some(250)));
    assert_eq!((row(LSTM).score, row(LSTM).origins), (None, None));
    assert!(row(LSTM).note.is_some_and(|note| note.contains("reaches 50 of 400 origins")));
}

#[test]
fn score_weights_rank_where_they_are_set_and_the_loss_still_decides_who_may_win() {
    let metrics = |rmse| Some(Metrics { rmse, mae: rmse, mse: rmse * rmse, r2: 0.0 });
    let with = |mut contestant: Contestant, rmse| {
        contestant.candidate.metrics = metrics(rmse);
        contestant
    };
    let candidates =
        vec![with(candidate(GRU, 0.5), 0.3), with(candidate(LSTM, 0.6), 0.1), with(candidate(PERSISTENCE, 1.0), 0.01)];
    let rules = Rules { promotable: &Family::ALL, margin: 0.01, weights: Some(ScoreWeights::default()) };
    let verdict = judge(candidates, None, &rules);
    assert_eq!(verdict.winner.as_deref(), Some("run-LSTM"), "{}", verdict.reason);
    let lstm = verdict.scoreboard.iter().find(|row| row.model_type == LSTM).expect("a row");
    assert_eq!(lstm.score, Some(ScoreWeights::default().score(&lstm.metrics.expect("metrics"))));
    assert_eq!(lstm.loss.map(|loss| (loss * 1e9).round()), Some(6e8));
}

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
