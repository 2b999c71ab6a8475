//! Looking at actors: in time whatever they do, and honest about the age of what is shown.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use flts::runtime::{ActorRef, Freshness, OBSERVE_WITHIN, Phase};
use serde_json::json;

use super::crew::{Do, Hand, Nature, PATIENCE, Workers, quick, slow};

#[tokio::test]
async fn reports_arrive_within_200_ms_and_say_stale_while_an_actor_hangs() {
    let (hung, well) = (ActorRef::<Hand>::new("hung"), ActorRef::<Hand>::new("well"));
    let nature = Nature::default();
    let children = vec![nature.child(&hung, "deck"), nature.child(&well, "deck")];
    let mut crew = Workers::start(quick(), children);
    crew.started("well", 1).await;
    assert_eq!(hung.ask(Do::Count, PATIENCE).await, Ok(1));
    let before = crew.supervisor.reports(PATIENCE).await.remove(0);
    assert_eq!((before.freshness, before.state), (Freshness::Live, Some(json!({ "count": 1 }))));
    let (release, held) = mpsc::channel();
    hung.addr().expect("the actor runs").do_send(Do::Hang(held));

    let asked = Instant::now();
    let reports = crew.supervisor.reports(OBSERVE_WITHIN).await;
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(200), "{took:?}");
    assert_eq!(reports[0].freshness, Freshness::Stale);
    assert_eq!(reports[0].state, Some(json!({ "count": 1 })), "the last state is shown");
    assert!(reports[0].state_age_ms >= Some(150), "{:?}", reports[0].state_age_ms);
    assert_eq!(reports[1].freshness, Freshness::Live);
    drop(release);
}

#[tokio::test]
async fn a_dead_actor_shows_its_last_state_its_exit_and_its_next_attempt() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(slow(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Ok(1));
    assert_eq!(crew.supervisor.reports(PATIENCE).await[0].phase, Phase::Running);
    assert!(hand.ask(Do::Panic, PATIENCE).await.is_err());
    crew.exited("hand").await;

    let mut report = serde_json::to_value(crew.supervisor.reports(OBSERVE_WITHIN).await).expect("plain JSON");
    let report = &mut report[0];
    for (pointer, least, most) in
        [("/last_exit/ago_ms", 0, 20_000), ("/state_age_ms", 0, 20_000), ("/next_attempt_in_ms", 460_000, 600_000)]
    {
        let value = report.pointer_mut(pointer).expect("every field is there");
        let number = value.as_u64().expect("a number of milliseconds");
        assert!((least..=most).contains(&number), "{pointer} is {number}");
        *value = json!(0);
    }
    let place = report.pointer_mut("/last_exit/at").expect("a panic has a place");
    assert!(place.as_str().is_some_and(|at| at.starts_with("tests/runtime/supervision/crew.rs:")));
    *place = json!("here");
    // As text, so that the order of the fields counts too.
    let expected = json!({
        "name": "hand", "group": "deck", "phase": "restarting", "generation": 1,
        "restarts_in_window": 1, "restart_limit": 5,
        "last_exit": { "cause": "panicked", "message": "boom in a handler", "at": "here", "ago_ms": 0 },
        "next_attempt_in_ms": 0, "heartbeat_age_ms": null, "mailbox": { "waiting": 0 }, "threads": [],
        "state": { "count": 1 }, "freshness": "stale", "state_age_ms": 0,
    });
    assert_eq!(report.to_string(), expected.to_string());
}

#[tokio::test]
async fn an_actor_that_never_answered_shows_no_state() {
    let hand = ActorRef::<Hand>::new("hand");
    let nature = Nature { bad_factories: usize::MAX, ..Nature::default() };
    let mut crew = Workers::start(slow(), vec![nature.child(&hand, "deck")]);
    crew.exited("hand").await;
    let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
    assert_eq!((report.state, report.freshness, report.state_age_ms), (None, Freshness::Stale, None));
}

#[tokio::test]
async fn callers_without_an_answer_are_counted_as_waiting() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    let supervisor = crew.supervisor.clone();
    let (_, _, waiting) = tokio::join!(
        biased;
        hand.ask(Do::Hang(held), PATIENCE),
        hand.ask(Do::Count, PATIENCE),
        async {
            let reports = supervisor.reports(Duration::from_millis(20)).await;
            drop(release);
            reports[0].mailbox.waiting
        },
    );
    assert_eq!(waiting, 2);
}

#[tokio::test]
async fn the_age_of_a_state_is_known_without_asking_and_grows_while_an_actor_hangs() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    hand.addr().expect("the actor runs").do_send(Do::Hang(held));
    let age = || crew.supervisor.state_ages().find(|(name, _)| *name == "hand").map(|(_, age)| age);
    let grown = async {
        // three beats, at each of which it would have told its state
        while age() < Some(Duration::from_millis(60)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, grown).await.is_ok(), "{:?}", age());
    drop(release);
}
