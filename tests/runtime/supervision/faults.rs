//! Every fault strikes actors and threads where it is asked for: now, or at the next starts.

use std::time::Duration;

use flts::runtime::{ActorRef, Exit, Fault, FaultTiming, InjectError, SupervisorConfig};

use super::crew::{Hand, Nature, Workers, quick};
use super::foreman::{Foreman, LINKED};

/// How a fault ends what it is injected into.
fn expected(fault: Fault, name: &str) -> Exit {
    let said = format!("fault injected into {name}");
    match fault {
        Fault::Panic => Exit::Panicked { message: said, at: String::new() },
        Fault::Fail => Exit::Failed { error: said },
        Fault::Exit => Exit::Finished,
        Fault::Hang => Exit::Unresponsive { thread: None, silent_for: Duration::ZERO },
    }
}

/// Without places and times, which differ.
fn plain(exit: Exit) -> Exit {
    match exit {
        Exit::Panicked { message, .. } => Exit::Panicked { message, at: String::new() },
        Exit::Unresponsive { thread, .. } => Exit::Unresponsive { thread, silent_for: Duration::ZERO },
        other => other,
    }
}

async fn hand() -> Workers {
    let hand = ActorRef::<Hand>::new("hand");
    let config = SupervisorConfig { heartbeat_floor: Duration::from_millis(500), ..quick() };
    let mut crew = Workers::start(config, vec![Nature::default().child(&hand, "deck")]);
    crew.started("hand", 1).await;
    crew
}

#[tokio::test]
async fn each_fault_ends_an_actor_in_its_own_way() {
    for fault in [Fault::Panic, Fault::Fail, Fault::Exit, Fault::Hang] {
        let mut crew = hand().await;
        crew.supervisor.inject("hand", fault, FaultTiming::Now, 1).expect("it runs");
        assert_eq!(plain(crew.exited("hand").await), expected(fault, "hand"));
        match fault {
            Fault::Hang => drop(crew.supervisor.escalated().await),
            _ => crew.started("hand", 2).await,
        }
    }
}

#[tokio::test]
async fn a_fault_at_the_start_strikes_as_often_as_it_was_asked_for() {
    for fault in [Fault::Panic, Fault::Fail, Fault::Exit] {
        let mut crew = hand().await;
        crew.supervisor.inject("hand", fault, FaultTiming::Start, 2).expect("its name is known");
        crew.supervisor.inject("hand", Fault::Fail, FaultTiming::Now, 1).expect("it runs");
        assert_eq!(plain(crew.exited("hand").await), expected(Fault::Fail, "hand"));
        for _ in 0..2 {
            assert_eq!(plain(crew.exited("hand").await), expected(fault, "hand"));
        }
        crew.started("hand", 4).await;
    }
}

#[tokio::test]
async fn an_actor_that_hangs_at_its_start_is_found() {
    let mut crew = hand().await;
    crew.supervisor.inject("hand", Fault::Hang, FaultTiming::Start, 1).expect("its name is known");
    crew.supervisor.inject("hand", Fault::Exit, FaultTiming::Now, 1).expect("it runs");
    assert_eq!(crew.exited("hand").await, Exit::Finished);
    assert_eq!(plain(crew.exited("hand").await), expected(Fault::Hang, "hand"));
}

#[tokio::test]
async fn each_fault_ends_a_thread_in_its_own_way_now_and_at_the_start() {
    for fault in [Fault::Panic, Fault::Fail, Fault::Exit] {
        let mut crew = Workers::start(quick(), vec![Foreman::child(&ActorRef::new("foreman"))]);
        crew.started("foreman", 1).await;
        crew.supervisor.inject(LINKED, fault, FaultTiming::Start, 1).expect("its name is known");
        crew.supervisor.inject(LINKED, fault, FaultTiming::Now, 1).expect("it runs");
        for _ in 0..2 {
            assert_eq!(plain(crew.thread_exited(LINKED).await), expected(fault, LINKED));
            let of_the_actor = crew.exited("foreman").await;
            assert!(
                of_the_actor.message().is_some_and(|said| said.starts_with("its thread linked ")),
                "{of_the_actor}"
            );
        }
        crew.started("foreman", 3).await;
    }
}

#[tokio::test]
async fn a_name_that_nothing_has_is_answered_with_those_there_are() {
    let crew = hand().await;
    let error = crew.supervisor.inject("foot", Fault::Panic, FaultTiming::Start, 1).expect_err("nothing is called so");
    assert_eq!(error, InjectError::Unknown { name: "foot".into(), known: vec!["hand".into()] });
}
