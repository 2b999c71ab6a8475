//! Stopping: in reverse order of the start, under a deadline, naming who was late.

use std::time::{Duration, Instant};

use actix::Addr;
use flts::runtime::{ActorRef, AskError, Exit, OBSERVE_WITHIN, Phase, SupervisorEvent};

use super::crew::{Do, Hand, Nature, PATIENCE, Workers, quick, slow};

const THREE: [(&str, u64); 3] = [("first", 1), ("second", 1), ("third", 1)];

fn three(nature: &Nature) -> ([ActorRef<Hand>; 3], Vec<flts::runtime::ChildSpec>) {
    let slots = ["first", "second", "third"].map(ActorRef::<Hand>::new);
    let children = slots.iter().map(|slot| nature.child(slot, "deck")).collect();
    (slots, children)
}

#[tokio::test]
async fn children_are_drained_in_reverse_order_of_their_start() {
    let nature = Nature::default();
    let (slots, children) = three(&nature);
    let mut crew = Workers::start(quick(), children);
    crew.all_started(&THREE).await;
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
    let mut crew = Workers::start(quick(), children);
    crew.all_started(&[("first", 1), ("deaf", 1), ("third", 1)]).await;
    let deadline = Instant::now() + Duration::from_millis(400);
    assert_eq!(crew.supervisor.stop(deadline).await, ["deaf"]);
    assert!(Instant::now() >= deadline, "it had all the time there was");
    assert_eq!(nature.drained(), ["third", "deaf", "first"]);
}

#[tokio::test]
async fn a_child_that_waits_for_its_restart_is_stopped_without_one() {
    let nature = Nature::default();
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(slow(), vec![nature.child(&hand, "deck")]);
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
    let mut crew = Workers::start(quick(), vec![nature.child(&hand, "deck")]);
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
    let mut crew = Workers::start(quick(), vec![nature.child(&hand, "deck")]);
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
    let mut crew = Workers::start(quick(), vec![nature.child(&hand, "deck")]);
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

#[tokio::test]
async fn a_part_stops_for_good_in_reverse_order_while_the_rest_goes_on() {
    let nature = Nature::default();
    let slots = ["first", "second", "third"].map(ActorRef::<Hand>::new);
    let groups = ["deck", "engine", "deck"];
    let children = (0..3).map(|child| nature.child(&slots[child], groups[child])).collect();
    let mut crew = Workers::start(quick(), children);
    crew.all_started(&THREE).await;
    let soon = || Instant::now() + PATIENCE;
    assert_eq!(crew.supervisor.stop_groups(&["deck"], soon()).await, Vec::<String>::new());
    assert_eq!(nature.drained(), ["third", "first"]);

    assert!(slots[1].ask(Do::Panic, PATIENCE).await.is_err());
    crew.started("second", 2).await;
    let phases = |reports: Vec<flts::runtime::ActorReport>| reports.iter().map(|it| it.phase).collect::<Vec<_>>();
    let reports = crew.supervisor.reports(PATIENCE).await;
    assert_eq!(phases(reports), [Phase::Stopped, Phase::Running, Phase::Stopped]);

    assert_eq!(crew.stop().await, Vec::<String>::new());
    assert_eq!(nature.drained(), ["third", "first", "second"], "nobody is told twice");
    assert_eq!(nature.built(), 4, "only who was not to stop is started again");
}

#[tokio::test]
async fn a_stop_of_a_part_ends_the_restart_of_its_group() {
    let (sound, broken) = (Nature::default(), Nature { bad_starts: usize::MAX, ..Nature::default() });
    let slots = ["broken", "sound", "other"].map(ActorRef::<Hand>::new);
    let children =
        vec![broken.child(&slots[0], "deck"), sound.child(&slots[1], "deck"), sound.child(&slots[2], "engine")];
    let mut config = quick();
    config.group_policy.backoff = Duration::from_secs(600);
    config.group_policy.backoff_max = Duration::from_secs(600);
    let mut crew = Workers::start(config, children);
    crew.until(|event| matches!(event, SupervisorEvent::GroupRestarting { .. }).then_some(())).await;
    assert_eq!(crew.supervisor.stop_groups(&["deck"], Instant::now() + PATIENCE).await, Vec::<String>::new());
    let reports = crew.supervisor.reports(PATIENCE).await;
    assert!(reports[..2].iter().all(|report| report.phase == Phase::Stopped && report.next_attempt_in_ms.is_none()));
    assert_eq!(reports[2].phase, Phase::Running);
    assert_eq!((broken.built(), sound.built()), (6, 2));
}

#[tokio::test]
async fn who_gives_up_while_another_part_stops_escalates_still() {
    let (deaf, sound) = (Nature { deaf: true, ..Nature::default() }, Nature::default());
    let (slow, spent) = (ActorRef::<Hand>::new("slow"), ActorRef::<Hand>::new("spent"));
    let mut config = quick();
    (config.policy.limit, config.group_policy.limit) = (0, 0);
    let mut crew = Workers::start(config, vec![deaf.child(&slow, "deck"), sound.child(&spent, "engine")]);
    crew.started("spent", 1).await;
    let supervisor = crew.supervisor.clone();
    let (of_part, of_all) = tokio::join!(biased; supervisor.stop_groups(&["deck"], Instant::now() + 4 * PATIENCE), async {
        assert!(spent.ask(Do::Panic, PATIENCE).await.is_err());
        let gave_up = tokio::time::timeout(PATIENCE, supervisor.escalated()).await;
        assert_eq!(gave_up.expect("it does not wait for the part").actor, "spent");
        supervisor.stop(Instant::now() + Duration::from_millis(30)).await
    });
    assert_eq!((of_part, of_all), (vec!["slow".to_owned()], vec!["slow".to_owned()]));
}

#[tokio::test]
async fn who_was_late_in_a_part_is_ended_then_and_named_again_only_if_that_does_not_help() {
    let nature = Nature { deaf: true, ..Nature::default() };
    let slots = ["deaf", "hung"].map(ActorRef::<Hand>::new);
    let mut crew = Workers::start(quick(), slots.iter().map(|slot| nature.child(slot, "deck")).collect());
    crew.started("hung", 1).await;
    let (release, held) = std::sync::mpsc::channel();
    slots[1].addr().expect("the actor runs").do_send(Do::Hang(held));
    let soon = || Instant::now() + Duration::from_millis(100);
    assert_eq!(crew.supervisor.stop_groups(&["deck"], soon()).await, ["deaf", "hung"]);
    crew.exited("deaf").await;
    assert_eq!(crew.supervisor.stop(soon()).await, ["hung"]);
    drop(release);
}

#[tokio::test]
async fn who_leaves_something_behind_is_late_and_says_what() {
    let thread = "hand-thread-1".to_owned();
    let nature = Nature { leaves_behind: vec![thread.clone()], ..Nature::default() };
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    assert_eq!(crew.stop().await, ["hand (hand-thread-1)"]);
    assert_eq!(crew.exited("hand").await, Exit::Late { left_behind: vec![thread] });
}
