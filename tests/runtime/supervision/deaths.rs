//! However an actor dies, it comes back, and its callers hear of it.

use std::sync::mpsc;
use std::time::Duration;

use flts::runtime::{ActorRef, ActorReport, AskError, Exit, OBSERVE_WITHIN};

use super::crew::{Break, Do, Duty, Hand, Nature, PATIENCE, Workers, quick, slow};

/// Kills the first instance and gives back its exit and the report once the second one runs.
async fn come_back(nature: Nature, order: Option<Do>) -> (Exit, ActorReport) {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![nature.child(&hand, "deck")]);
    if let Some(order) = order {
        crew.started("hand", 1).await;
        assert_eq!(hand.ask(Do::Count, PATIENCE).await, Ok(1));
        // The answer depends on when the order kills; the exit does not.
        let _ = hand.ask(order, PATIENCE).await;
    }
    let exit = crew.exited("hand").await;
    crew.started("hand", 2).await;
    let report = crew.supervisor.reports(PATIENCE).await.remove(0);
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Ok(1), "a new actor starts from nothing");
    assert_eq!(crew.stop().await, Vec::<String>::new());
    assert_eq!((report.generation, report.restarts_in_window), (2, 1));
    (exit, report)
}

async fn panic_is_seen(nature: Nature, order: Option<Do>, expected: &str) {
    let (exit, report) = come_back(nature, order).await;
    let Exit::Panicked { message, at } = exit else {
        panic!("a panic was expected, not {exit}");
    };
    assert_eq!(message, expected);
    let line = at.strip_prefix("tests/runtime/supervision/crew.rs:");
    assert!(line.is_some_and(|line| line.parse::<u32>().is_ok()), "{at}");
    let last = report.last_exit.expect("the report tells of the exit");
    assert_eq!(last.cause, "panicked");
    assert_eq!(last.message.as_deref(), Some(expected));
    assert_eq!(last.at, Some(at));
}

#[tokio::test]
async fn an_actor_that_panics_in_a_handler_comes_back() {
    panic_is_seen(Nature::default(), Some(Do::Panic), "boom in a handler").await;
}

#[tokio::test]
async fn an_actor_that_panics_in_a_spawned_future_comes_back() {
    panic_is_seen(Nature::default(), Some(Do::PanicInFuture), "boom in a future").await;
}

#[tokio::test]
async fn an_actor_that_panics_in_a_timer_comes_back() {
    panic_is_seen(Nature::default(), Some(Do::PanicInTimer), "boom in a timer").await;
}

#[tokio::test]
async fn an_actor_whose_detached_task_panics_comes_back() {
    let order = Some(Do::PanicInDetachedTask);
    panic_is_seen(Nature::default(), order, "boom in a detached task").await;
}

#[tokio::test]
async fn an_actor_that_panics_while_it_starts_is_started_again() {
    let nature = Nature { bad_starts: 1, ..Nature::default() };
    panic_is_seen(nature, None, "start 1 is broken").await;
}

#[tokio::test]
async fn a_factory_that_panics_is_called_again() {
    let nature = Nature { bad_factories: 1, ..Nature::default() };
    panic_is_seen(nature, None, "factory 1 is broken").await;
}

#[tokio::test]
async fn an_actor_that_stops_of_its_own_accord_comes_back() {
    let (exit, _) = come_back(Nature::default(), Some(Do::Stop)).await;
    assert_eq!(exit, Exit::Finished);
}

#[tokio::test]
async fn an_actor_that_says_it_failed_comes_back_with_its_reason_on_record() {
    let (exit, report) = come_back(Nature::default(), Some(Do::Fail("no disk"))).await;
    assert_eq!(exit, Exit::Failed { error: "no disk".into() });
    let last = report.last_exit.expect("the report tells of the exit");
    assert_eq!((last.cause, last.message.as_deref()), ("failed", Some("no disk")));
}

#[tokio::test]
async fn asks_queued_behind_a_death_answer_died() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    // Polled in order: the hang is in the mailbox first, and the thread is let go when all are queued.
    let queued = (0..100).map(|_| hand.ask(Do::Count, PATIENCE));
    let (hung, queued, ()) = tokio::join!(
        biased;
        hand.ask(Do::Hang(held), PATIENCE),
        futures::future::join_all(queued),
        async { release.send(true).expect("the actor hangs") },
    );
    assert_eq!(hung, Err(AskError::Died));
    assert_eq!(queued, vec![Err(AskError::Died); 100]);
    crew.started("hand", 2).await;
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Ok(1));
}

#[tokio::test]
async fn asks_and_hints_to_an_actor_between_two_lives_say_down() {
    let hand = ActorRef::<Hand>::new("hand");
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Err(AskError::Down));
    let mut crew = Workers::start(slow(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    assert_eq!(hand.tell(Break), Ok(()));
    crew.exited("hand").await;
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Err(AskError::Down));
    assert!(hand.tell(Break).is_err());
    assert!(hand.addr().is_none());
}

#[tokio::test]
async fn an_ask_to_a_hung_actor_times_out_at_its_deadline() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut crew = Workers::start(quick(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    hand.addr().expect("the actor runs").do_send(Do::Hang(held));
    let deadline = Duration::from_millis(30);
    assert_eq!(hand.ask(Do::Count, deadline).await, Err(AskError::TimedOut));
    assert_eq!(hand.waiting(), 0, "who has left does not wait");
    drop(release);
    // The hang was handled and this one is; the message of the caller who left is passed over.
    assert_eq!(hand.ask(Do::Count, PATIENCE).await, Ok(2));
    let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
    assert_eq!(report.generation, 1, "a hang that ends in time costs nothing");
}

#[tokio::test]
async fn a_duty_for_an_actor_that_is_down_comes_back_and_one_that_dies_with_it_is_dropped() {
    let hand = ActorRef::<Hand>::new("hand");
    let (dropped, mut hears) = tokio::sync::mpsc::unbounded_channel();
    assert!(hand.hand_over(Duty(dropped.clone())).is_err(), "there is no instance yet");
    assert_eq!(hears.recv().await, Some(()), "whoever gets it back drops it");
    let mut crew = Workers::start(slow(), vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    let (release, held) = mpsc::channel();
    hand.addr().expect("the actor runs").do_send(Do::Hang(held));
    assert!(hand.hand_over(Duty(dropped)).is_ok(), "it waits behind the hang");
    release.send(true).expect("the hang ends in a panic");
    crew.exited("hand").await;
    let told = tokio::time::timeout(PATIENCE, hears.recv()).await.expect("the duty is dropped with the mailbox");
    assert_eq!(told, Some(()));
}
