//! Budgets: a crash loop ends after exactly the starts that they give, and a hang cannot be restarted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use flts::runtime::{ActorRef, Exit, OBSERVE_WITHIN, Phase, Supervisor, SupervisorConfig, SupervisorEvent};

use super::crew::{Do, Hand, Nature, PATIENCE, Workers, quick};

#[tokio::test]
async fn a_crash_loop_uses_up_its_budgets_and_escalates_with_the_reason() {
    let broken = Nature { bad_starts: usize::MAX, ..Nature::default() };
    let hand = ActorRef::<Hand>::new("hand");
    let crew = Workers::start(quick(), vec![broken.child(&hand, "deck")]);

    let gave_up = tokio::time::timeout(PATIENCE, crew.supervisor.escalated()).await;
    let gave_up = gave_up.expect("the budgets end");
    // One start and five restarts, four times over: the first time and after three restarts of the group.
    assert_eq!(broken.built(), (1 + 5) * (1 + 3));
    assert_eq!((gave_up.actor.as_str(), gave_up.group), ("hand", "deck"));
    let reason = gave_up.to_string();
    assert!(
        reason
            .starts_with("actor hand of group deck panicked: start 24 is broken at tests/runtime/supervision/crew.rs:"),
        "{reason}"
    );
    assert!(reason.ends_with("its budgets are spent: restarts 5 in 60s, of its group 3 in 300s"), "{reason}");

    let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
    assert_eq!((report.phase, report.generation), (Phase::GivenUp, 24));
    assert_eq!(report.next_attempt_in_ms, None);
    assert_eq!(crew.stop().await, Vec::<String>::new(), "nobody is there to be late");
    assert_eq!(broken.built(), 24, "after giving up nothing is started");
}

#[tokio::test]
async fn a_spent_child_restarts_itself_and_those_of_its_group_started_after_it() {
    let names = ["first", "broken", "other", "last"];
    let slots = names.map(ActorRef::<Hand>::new);
    let (sound, broken) = (Nature::default(), Nature { bad_starts: 6, ..Nature::default() });
    let groups = ["deck", "deck", "engine", "deck"];
    let children = (0..4).map(|child| {
        let nature = if names[child] == "broken" { &broken } else { &sound };
        nature.child(&slots[child], groups[child])
    });
    let mut crew = Workers::start(quick(), children.collect());
    let restarting = crew
        .until(|event| match event {
            SupervisorEvent::GroupRestarting { group, members } => Some((*group, members.clone())),
            _ => None,
        })
        .await;
    assert_eq!(restarting, ("deck", vec!["broken".to_owned(), "last".to_owned()]));
    crew.all_started(&[("broken", 7), ("last", 2)]).await;
    assert_eq!(sound.drained(), ["last"], "who is restarted with its group drains first");
    let reports = crew.supervisor.reports(PATIENCE).await;
    assert_eq!(reports.iter().map(|report| report.generation).collect::<Vec<_>>(), [1, 7, 1, 2]);
    assert_eq!(reports[1].restarts_in_window, 0, "a restart of the group gives a fresh budget");
}

#[tokio::test]
async fn a_hung_actor_is_unresponsive_which_escalates_and_names_it_late() {
    let hand = ActorRef::<Hand>::new("hand");
    let config = SupervisorConfig { heartbeat_floor: Duration::from_millis(500), ..quick() };
    let nature = Nature::default();
    let mut crew = Workers::start(config, vec![nature.child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    hand.addr().expect("the actor runs").do_send(Do::Hang(held));

    let Exit::Unresponsive { thread: None, silent_for } = crew.exited("hand").await else {
        panic!("a hang is the only way it ends here");
    };
    assert!(silent_for >= Duration::from_millis(500), "{silent_for:?}");
    let gave_up = crew.supervisor.escalated().await;
    assert_eq!(gave_up.exit, Exit::Unresponsive { thread: None, silent_for });
    assert!(gave_up.to_string().contains("its thread cannot be killed"), "{gave_up}");
    assert_eq!(nature.built(), 1, "a hung actor is not doubled");

    let asked = Instant::now();
    assert_eq!(crew.stop().await, ["hand"]);
    assert!(asked.elapsed() < PATIENCE / 2, "nobody waits for a thread that is known to hang");
    drop(release);
}

#[tokio::test]
async fn a_listener_that_panics_does_not_disturb_supervision() {
    let heard = Arc::new(AtomicUsize::new(0));
    let config = SupervisorConfig {
        on_event: {
            let heard = heard.clone();
            Arc::new(move |_| {
                heard.fetch_add(1, Ordering::SeqCst);
                panic!("the listener is broken");
            })
        },
        ..quick()
    };
    let hand = ActorRef::<Hand>::new("hand");
    let nature = Nature { bad_starts: usize::MAX, ..Nature::default() };
    let supervisor = Supervisor::start(config, vec![nature.child(&hand, "deck")]);
    let gave_up = tokio::time::timeout(PATIENCE, supervisor.escalated()).await;
    assert_eq!(gave_up.expect("the budgets end").actor, "hand");
    assert_eq!(supervisor.stop(Instant::now() + PATIENCE).await, Vec::<String>::new());
    // 24 exits, 3 restarts of the group, 1 escalation.
    assert_eq!(heard.load(Ordering::SeqCst), 28);
}
