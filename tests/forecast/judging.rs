//! Who wins: tables over the judge.

use flts::forecast::{
    Candidate, Champion, Contestant, Family, Metrics, PromotionChoice, Rules, ScoreWeights, Verdict, judge,
};

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
    judge(candidates, champion, &Rules { promotable, margin: 0.01, weights: None, overlap: 1 })
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
        judge(candidates, champion, &Rules { promotable: &Family::ALL, margin: 0.01, weights: None, overlap: 1 })
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
fn a_lead_that_lasts_as_long_as_forecasts_overlap_may_be_luck() {
    let waves: Vec<Option<f64>> = (0..MANY).map(|at| Some(0.9 + 0.4 * (at as f64 / 16.0).sin())).collect();
    let candidates = || vec![Contestant { losses: waves.clone(), ..candidate(LSTM, 0.0) }, candidate(PERSISTENCE, 1.0)];
    let winner = |overlap| {
        let rules = Rules { promotable: &Family::ALL, margin: 0.01, weights: None, overlap };
        judge(candidates(), None, &rules).winner
    };
    assert_eq!(winner(1).as_deref(), Some("run-LSTM"), "origins that do not overlap are worth more");
    let short: Vec<Option<f64>> = waves.iter().take(220).copied().collect();
    let few = vec![
        Contestant { losses: short, ..candidate(LSTM, 0.0) },
        Contestant { losses: vec![Some(1.0); 220], ..candidate(PERSISTENCE, 1.0) },
    ];
    let rules = Rules { promotable: &Family::ALL, margin: 0.01, weights: None, overlap: 60 };
    assert_eq!(judge(few, None, &rules).winner.as_deref(), Some("run-PERSISTENCE"));
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
    let rules = Rules { promotable: &Family::ALL, margin: 0.01, weights: Some(ScoreWeights::default()), overlap: 1 };
    let verdict = judge(candidates, None, &rules);
    assert_eq!(verdict.winner.as_deref(), Some("run-LSTM"), "{}", verdict.reason);
    let lstm = verdict.scoreboard.iter().find(|row| row.model_type == LSTM).expect("a row");
    assert_eq!(lstm.score, Some(ScoreWeights::default().score(&lstm.metrics.expect("metrics"))));
    assert_eq!(lstm.loss.map(|loss| (loss * 1e9).round()), Some(6e8));
}
