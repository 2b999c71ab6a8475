//! Threads that an actor owns are parts of it: watched, shown, and told apart from one another.

use std::time::Duration;

use flts::runtime::{ActorRef, Exit, Fault, FaultTiming, OBSERVE_WITHIN, SupervisorConfig, ThreadPhase, ThreadReport};
use serde_json::json;

use super::crew::{Workers, quick};
use super::foreman::{FREE, Foreman, LINKED};

/// How long a thread may be silent at work: longer than a busy machine lets one wait for its turn.
const A_WHILE: Duration = Duration::from_millis(500);

async fn yard(config: SupervisorConfig) -> Workers {
    let foreman = ActorRef::new("foreman");
    let mut crew = Workers::start(config, vec![Foreman::child(&foreman)]);
    crew.started("foreman", 1).await;
    crew
}

async fn threads(crew: &Workers) -> Vec<ThreadReport> {
    crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0).threads
}

#[tokio::test]
async fn idle_threads_are_shown_as_waiting_and_their_silence_is_in_order() {
    let config = SupervisorConfig { heartbeat_floor: A_WHILE, ..quick() };
    let crew = yard(config).await;
    // far longer than a thread may be silent at work
    let silent = |threads: &[ThreadReport]| threads.iter().all(|thread| thread.heartbeat_age_ms > 1500);
    let mut seen = threads(&crew).await;
    while !silent(&seen) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        seen = threads(&crew).await;
    }
    for (thread, name) in seen.iter().zip([LINKED, FREE]) {
        assert_eq!((thread.name.as_str(), thread.generation, thread.phase), (name, 1, ThreadPhase::Waiting));
        assert_eq!(thread.doing, Some("waiting for work"));
    }
    let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
    assert_eq!(report.generation, 1);
    assert_eq!(crew.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_actor_dies_with_the_thread_it_is_linked_to_and_both_come_back() {
    let mut crew = yard(quick()).await;
    crew.supervisor.inject(LINKED, Fault::Panic, FaultTiming::Now, 1).expect("it runs");
    let of_the_thread = crew.thread_exited(LINKED).await;
    let Exit::Panicked { message, at } = crew.exited("foreman").await else {
        panic!("the actor ends as its thread did");
    };
    assert_eq!(of_the_thread, Exit::Panicked { message: "fault injected into linked".into(), at: at.clone() });
    assert_eq!(message, "its thread linked panicked: fault injected into linked");
    assert!(at.starts_with("src/runtime/lifecycle/fault.rs:"), "{at}");
    crew.started("foreman", 2).await;
    let linked = threads(&crew).await.remove(0);
    assert_eq!((linked.name.as_str(), linked.generation), (LINKED, 2));
    assert_eq!(linked.last_exit.expect("it is remembered").cause, "panicked");
}

#[tokio::test]
async fn an_actor_only_hears_of_a_thread_it_is_not_linked_to() {
    let mut crew = yard(quick()).await;
    crew.supervisor.inject(FREE, Fault::Exit, FaultTiming::Now, 1).expect("it runs");
    assert_eq!(crew.thread_exited(FREE).await, Exit::Finished);
    let report = loop {
        let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
        if report.state == Some(json!({"heard": ["finished"]})) {
            break report;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(report.generation, 1);
    assert_eq!(report.threads[1].phase, ThreadPhase::Ended);
    let again = crew.supervisor.inject(FREE, Fault::Panic, FaultTiming::Now, 1);
    assert_eq!(
        again.expect_err("it has ended").to_string(),
        "`free` is not running just now; ask again later, or for its next start"
    );
}

#[tokio::test]
async fn a_hung_thread_is_named_and_takes_its_actor_and_the_node_down() {
    let config = SupervisorConfig { heartbeat_floor: A_WHILE, ..quick() };
    let mut crew = yard(config).await;
    crew.supervisor.inject(FREE, Fault::Hang, FaultTiming::Now, 1).expect("it runs");
    let exit = crew.exited("foreman").await;
    let Exit::Unresponsive { thread: Some(thread), silent_for } = &exit else { panic!("not {exit}") };
    assert_eq!(thread, FREE);
    assert!(*silent_for >= A_WHILE, "{silent_for:?}");
    let gave_up = crew.supervisor.escalated().await;
    assert!(gave_up.to_string().contains("unresponsive: no beat of its thread free for"), "{gave_up}");
    // the actor itself is well, and goes on telling what it knows
    let report = crew.supervisor.reports(OBSERVE_WITHIN).await.remove(0);
    assert_eq!(report.threads[1].phase, ThreadPhase::Working);
}
