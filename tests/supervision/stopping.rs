//! Stopping: in reverse order of the start, under a deadline, naming who was late.

use std::time::{Duration, Instant};

use actix::Addr;
use flts::runtime::{ActorRef, AskError, Exit, OBSERVE_WITHIN, Phase};

use crate::crew::{Crew, Do, Hand, Nature, PATIENCE, quick, slow};

fn three(nature: &Nature) -> ([ActorRef<Hand>; 3], Vec<flts::runtime::ChildSpec>) {
    let slots = ["first", "second", "third"].map(ActorRef::<Hand>::new);
    let children = slots.iter().map(|slot| nature.child(slot, "deck")).collect();
    (slots, children)
}

#[tokio::test]
async fn children_are_drained_in_reverse_order_of_their_start() {
    let nature = Nature::default();
    let (slots, children) = three(&nature);
    let mut crew = Crew::start(quick(), children);
    crew.started("third", 1).await;
    assert_eq!(crew.stop().await, Vec::<String>::new());
    assert_eq!(nature.drained(), ["third", "second", "first"]);
    for name in ["third", "second", "first"] {
        assert_eq!(crew.exited(name).await, Exit::Drained);
    }
    for report in crew.supervisor.reports(OBSERVE_WITHIN).await {
        assert_eq!(report.phase, Phase::Stopped);
    }
    assert_eq!(slots[0].ask(Do::Count, PATIENCE).await, Err(AskError::Down));
    assert_eq!(nature.built(), 3, "who was drained is not started again");
}

#[tokio::test]
async fn who_does_not_drain_is_named_and_the_others_drain_all_the_same() {
    let nature = Nature::default();
    let deaf = Nature { deaf: true, drained: nature.drained.clone(), ..Nature::default() };
    let slots = ["first", "deaf", "third"].map(ActorRef::<Hand>::new);
    let children =
        vec![nature.child(&slots[0], "deck"), deaf.child(&slots[1], "deck"), nature.child(&slots[2], "deck")];
    let mut crew = Crew::start(quick(), children);
    crew.started("third", 1).await;
    let deadline = Instant::now() + Duration::from_millis(400);
    assert_eq!(crew.supervisor.stop(deadline).await, ["deaf"]);
    assert!(Instant::now() >= deadline, "it had all the time there was");
    assert_eq!(nature.drained(), ["third", "deaf", "first"]);
}

#[tokio::test]
async fn a_child_that_waits_for_its_restart_is_stopped_without_one() {
    let nature = Nature::default();
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Crew::start(slow(), vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    assert!(hand.ask(Do::Panic, PATIENCE).await.is_err());
    crew.exited("hand").await;
    assert_eq!(crew.stop().await, Vec::<String>::new());
    assert_eq!(nature.built(), 1);
}

#[tokio::test]
async fn a_child_that_panics_while_it_drains_is_stopped_and_not_late() {
    let nature = Nature { deaf: true, ..Nature::default() };
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Crew::start(quick(), vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let address: Addr<Hand> = hand.addr().expect("the actor runs");
    let supervisor = crew.supervisor.clone();
    let (late, answer) = tokio::join!(biased; supervisor.stop(Instant::now() + PATIENCE), async {
        // The order comes after the drain only if the supervisor was quick; the outcome is the same.
        address.send(Do::Panic).await
    });
    assert!(answer.is_err());
    assert_eq!(late, Vec::<String>::new());
    assert_eq!(nature.built(), 1);
}

#[tokio::test]
async fn a_second_stop_can_only_bring_the_deadline_nearer() {
    let nature = Nature { deaf: true, ..Nature::default() };
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Crew::start(quick(), vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let asked = Instant::now();
    let (first, second) =
        tokio::join!(crew.supervisor.stop(asked + PATIENCE), crew.supervisor.stop(asked + Duration::from_millis(30)),);
    assert_eq!((first, second), (vec!["hand".to_owned()], vec!["hand".to_owned()]));
    assert!(asked.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_children() {
    let nature = Nature::default();
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Crew::start(quick(), vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let address = hand.addr().expect("the actor runs");
    let (release, held) = std::sync::mpsc::channel();
    let hung = address.send(Do::Hang(held));
    let behind = address.send(Do::Count);
    drop(crew);
    drop(release);
    // The thread ends between two messages at the latest, or after the few that were queued already.
    let _ = tokio::join!(hung, behind);
    tokio::time::timeout(PATIENCE, async {
        while address.connected() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the actor ends");
}
