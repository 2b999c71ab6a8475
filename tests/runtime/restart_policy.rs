//! When something is started again, and when not: the policy as a table and as properties.

use std::time::{Duration, Instant};

use flts::runtime::{RestartDecision, RestartHistory, RestartPolicy};
use proptest::prelude::*;

const NO_JITTER: f64 = 0.5;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What the policy says to failures at these times.
fn play(policy: &RestartPolicy, times_ms: &[u64], random: f64) -> Vec<RestartDecision> {
    let start = Instant::now();
    let mut history = RestartHistory::default();
    let answers = times_ms.iter().map(|time| history.record(policy, start + ms(*time), random));
    answers.collect()
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let actor = RestartPolicy::default();
    assert_eq!((actor.limit, actor.window, actor.jitter), (5, ms(60_000), 0.2));
    assert_eq!((actor.backoff, actor.backoff_max), (ms(200), ms(30_000)));
    let group = RestartPolicy::group();
    assert_eq!((group.limit, group.window), (3, ms(300_000)));
}

#[test]
fn pauses_double_until_the_budget_is_spent() {
    let after = |pause| RestartDecision::RestartAfter(ms(pause));
    let expected = [after(200), after(400), after(800), after(1600), after(3200), RestartDecision::GiveUp];
    assert_eq!(play(&RestartPolicy::default(), &[0; 6], NO_JITTER), expected);
}

#[test]
fn a_restart_leaves_the_window_exactly_when_it_is_as_old_as_the_window() {
    let policy = RestartPolicy { limit: 1, window: ms(1000), ..RestartPolicy::default() };
    let restart = RestartDecision::RestartAfter(ms(200));
    assert_eq!(play(&policy, &[0, 999], NO_JITTER), [restart, RestartDecision::GiveUp]);
    assert_eq!(play(&policy, &[0, 1000], NO_JITTER), [restart, restart]);
}

#[test]
fn the_window_slides_instead_of_starting_anew() {
    let policy = RestartPolicy { limit: 2, window: ms(1000), ..RestartPolicy::default() };
    let answers = play(&policy, &[0, 900, 1100, 1500], NO_JITTER);
    // At 1100 only the one of 900 counts; at 1500 those of 900 and 1100 do.
    assert_eq!(answers[2], RestartDecision::RestartAfter(ms(400)));
    assert_eq!(answers[3], RestartDecision::GiveUp);
}

#[test]
fn jitter_moves_a_pause_by_at_most_its_share() {
    let policy = RestartPolicy::default();
    let half = |next: &RestartDecision| *next == RestartDecision::RestartAfter(ms(160));
    assert!(play(&policy, &[0], 0.0).iter().all(half));
    assert_eq!(play(&policy, &[0], 1.0), [RestartDecision::RestartAfter(ms(240))]);
}

#[test]
fn a_pool_restarts_600_workers_in_a_minute_at_once_and_not_one_more() {
    let pool = RestartPolicy::at_once(600, ms(60_000));
    let answers = play(&pool, &[59_999; 601], 0.9);
    let (last, before) = answers.split_last().expect("601 answers");
    assert!(before.iter().all(|next| *next == RestartDecision::RestartAfter(Duration::ZERO)));
    assert_eq!(*last, RestartDecision::GiveUp);
}

#[test]
fn a_budget_of_nothing_gives_up_at_the_first_failure() {
    let never = RestartPolicy { limit: 0, ..RestartPolicy::default() };
    assert_eq!(play(&never, &[0], NO_JITTER), [RestartDecision::GiveUp]);
}

prop_compose! {
    fn policies()(limit in 0u32..8, window in 1u64..5000, backoff in 0u64..1000, most in 0u64..4000, jitter in 0.0..=1.0)
        -> RestartPolicy {
        RestartPolicy { limit, window: ms(window), backoff: ms(backoff), backoff_max: ms(most), jitter }
    }
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_restarts_than_the_limit(
        policy in policies(), gaps in prop::collection::vec(0u64..2000, 1..60), random in 0.0..1.0,
    ) {
        let start = Instant::now();
        let (mut history, mut time, mut restarts) = (RestartHistory::default(), 0, Vec::<u64>::new());
        for gap in gaps {
            time += gap;
            let recent = restarts.iter().filter(|then| time - **then < policy.window.as_millis() as u64).count();
            let next = history.record(&policy, start + ms(time), random);
            // Neither more than the limit, nor a give-up before the limit is reached.
            prop_assert_eq!(next == RestartDecision::GiveUp, recent >= policy.limit as usize);
            if next != RestartDecision::GiveUp {
                restarts.push(time);
            }
            prop_assert!(history.in_window(&policy, start + ms(time)) <= policy.limit);
        }
    }

    #[test]
    fn every_pause_stays_within_the_jitter_around_its_doubling_and_below_the_cap(
        policy in policies(), random in 0.0..1.0,
    ) {
        for (nth, next) in play(&policy, &[0; 8], random).into_iter().enumerate() {
            let RestartDecision::RestartAfter(pause) = next else {
                prop_assert_eq!(nth, policy.limit as usize);
                break;
            };
            let doubled = policy.backoff.as_secs_f64() * f64::from(1u32 << nth);
            let cap = policy.backoff_max.as_secs_f64();
            let (least, most) = (doubled * (1.0 - policy.jitter), doubled * (1.0 + policy.jitter));
            let pause = pause.as_secs_f64();
            prop_assert!(pause <= cap && pause <= most + 1e-6, "{} of {}", pause, most);
            prop_assert!(pause >= least.min(cap) - 1e-6, "{} of {}", pause, least);
        }
    }

    #[test]
    fn no_number_of_restarts_overflows_the_pause(limit in 1000u32..5000, backoff in 1u64..u64::MAX / 2) {
        let policy = RestartPolicy { limit, backoff: ms(backoff), ..RestartPolicy::default() };
        let answers = play(&policy, &vec![0; limit as usize], NO_JITTER);
        let longest = RestartDecision::RestartAfter(policy.backoff_max);
        prop_assert_eq!(*answers.last().expect("there are some"), longest);
    }
}
