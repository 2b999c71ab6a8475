//! Who wins, and on which rows: tables over the pure parts of judging.

use std::collections::BTreeMap;

use flts::forecast::{Candidate, Family, Metrics, PromotionChoice, ScoreWeights, evaluate, judge, test_window};

use crate::common::training::*;

fn candidate(model_type: Family, score: f64) -> Candidate {
    Candidate {
        run_id: format!("run-{model_type}"),
        model_type,
        metrics: None,
        score: Some(score),
        servable: true,
        note: None,
    }
}

fn unservable(model_type: Family, score: f64) -> Candidate {
    Candidate { servable: false, note: Some("tensor is missing".into()), ..candidate(model_type, score) }
}

fn champion(score: f64) -> Candidate {
    Candidate { run_id: "champion".into(), ..candidate(Family::GRU, score) }
}

#[test]
fn the_table_of_judgements() {
    const GRU: Family = Family::GRU;
    const LSTM: Family = Family::LSTM;
    const RIDGE: Family = Family::RIDGE;
    const PERSISTENCE: Family = Family::PERSISTENCE;
    use PromotionChoice::{Keep, Promote};
    let all = &Family::ALL[..];
    let nan = f64::NAN;
    type Row<'a> = (&'a str, Vec<Candidate>, Option<Candidate>, f64, &'a [Family], PromotionChoice, &'a str);
    let table: Vec<Row> = vec![
        (
            "the best wins where none is served",
            vec![candidate(GRU, 0.5), candidate(RIDGE, 0.4)],
            None,
            1.0,
            all,
            Promote,
            "run-RIDGE",
        ),
        ("nobody was there", vec![], None, 1.0, all, Keep, ""),
        ("nobody beats persistence", vec![candidate(GRU, 1.1)], None, 1.0, all, Keep, ""),
        ("as good as persistence is not enough", vec![candidate(GRU, 1.0)], None, 1.0, all, Keep, ""),
        ("persistence itself never wins", vec![candidate(PERSISTENCE, 0.9)], None, 1.0, all, Keep, ""),
        (
            "an unservable best gives way",
            vec![unservable(GRU, 0.1), candidate(LSTM, 0.5)],
            None,
            1.0,
            all,
            Promote,
            "run-LSTM",
        ),
        (
            "a family that may not be promoted gives way",
            vec![candidate(RIDGE, 0.1), candidate(LSTM, 0.5)],
            None,
            1.0,
            &[LSTM, GRU],
            Promote,
            "run-LSTM",
        ),
        ("NaN never wins", vec![candidate(GRU, nan), candidate(LSTM, 0.9)], None, 1.0, all, Promote, "run-LSTM"),
        ("nor does an infinity below", vec![candidate(GRU, f64::NEG_INFINITY)], None, 1.0, all, Keep, ""),
        ("nor one without a score", vec![Candidate { score: None, ..candidate(GRU, 0.0) }], None, 1.0, all, Keep, ""),
        ("without a score of persistence nobody wins", vec![candidate(GRU, 0.1)], None, nan, all, Keep, ""),
        (
            "ties go by family name",
            vec![candidate(RIDGE, 0.5), candidate(LSTM, 0.5), candidate(GRU, 0.5)],
            None,
            1.0,
            all,
            Promote,
            "run-GRU",
        ),
        (
            "a gain below the margin keeps the champion",
            vec![candidate(LSTM, 0.496)],
            Some(champion(0.5)),
            1.0,
            all,
            Keep,
            "",
        ),
        (
            "a gain of exactly the margin keeps it too",
            vec![candidate(LSTM, 0.5 * 0.99)],
            Some(champion(0.5)),
            1.0,
            all,
            Keep,
            "",
        ),
        (
            "a gain above the margin replaces it",
            vec![candidate(LSTM, 0.49)],
            Some(champion(0.5)),
            1.0,
            all,
            Promote,
            "run-LSTM",
        ),
        ("the champion keeps a tie", vec![candidate(LSTM, 0.5)], Some(champion(0.5)), 1.0, all, Keep, ""),
        (
            "a champion that is no better than persistence falls",
            vec![candidate(LSTM, 0.999)],
            Some(champion(1.0)),
            1.0,
            all,
            Promote,
            "run-LSTM",
        ),
        (
            "but not to one that is no better either",
            vec![candidate(LSTM, 1.2)],
            Some(champion(1.5)),
            1.0,
            all,
            Keep,
            "",
        ),
        (
            "a champion without a score falls",
            vec![candidate(LSTM, 0.9)],
            Some(champion(nan)),
            1.0,
            all,
            Promote,
            "run-LSTM",
        ),
        (
            "so does one that cannot be served",
            vec![candidate(LSTM, 0.9)],
            Some(unservable(GRU, 0.1)),
            1.0,
            all,
            Promote,
            "run-LSTM",
        ),
        (
            "the champion's own run changes nothing",
            vec![Candidate { run_id: "champion".into(), ..candidate(GRU, 0.3) }],
            Some(champion(0.5)),
            1.0,
            all,
            Keep,
            "",
        ),
    ];
    for (name, candidates, champion, persistence, promotable, decision, winner) in table {
        let verdict = judge(candidates, champion, persistence, promotable, 0.01);
        assert_eq!(verdict.decision, decision, "{name}: {}", verdict.reason);
        assert_eq!(verdict.winner.unwrap_or_default(), winner, "{name}");
        assert!(!verdict.reason.is_empty(), "{name}");
    }
}

#[test]
fn the_scoreboard_is_sorted_and_says_why_each_loser_cannot_win() {
    let candidates = vec![
        candidate(Family::SEASONAL_NAIVE, f64::NAN),
        candidate(Family::PERSISTENCE, 1.0),
        candidate(Family::LSTM, 1.5),
        unservable(Family::RIDGE, 0.2),
        candidate(Family::GRU, 0.5),
    ];
    let verdict = judge(candidates, Some(champion(0.9)), 1.0, &Family::ALL, 0.01);
    let lines: Vec<(&str, &str)> =
        verdict.scoreboard.iter().map(|row| (row.model_type.as_str(), row.note.as_deref().unwrap_or(""))).collect();
    let expected = [
        ("RIDGE", "not servable: tensor is missing"),
        ("GRU", ""),
        ("GRU", "champion"),
        ("PERSISTENCE", "the bar that others must beat"),
        ("LSTM", "does not beat persistence"),
        ("SEASONAL_NAIVE", "no score"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_order_of_candidates_does_not_matter() {
    let mut candidates: Vec<Candidate> = Family::ALL.map(|family| candidate(family, 0.5)).to_vec();
    let forward = judge(candidates.clone(), None, 1.0, &Family::ALL, 0.01);
    candidates.reverse();
    assert_eq!(judge(candidates, None, 1.0, &Family::ALL, 0.01), forward);
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
