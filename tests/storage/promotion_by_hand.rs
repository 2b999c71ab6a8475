//! A person may move the pointer: back, or to a run by name. Each move is a decision of the log, with who and why.

use flts::storage::{Appended, Audit, Decision, DecisionKind, FetchedPointer, MoveError};

use crate::fixture::{Stored, decision};

fn audit() -> Audit {
    Audit { who: "ops".into(), why: "it forecasts nonsense".into() }
}

/// A log in which the runs were promoted one after the other.
fn log_of(runs: &[Option<&str>]) -> Vec<Decision> {
    runs.iter().fold(Vec::new(), |mut log, run| {
        log.push(decision(log.last(), *run));
        log
    })
}

fn back(log: &[Decision], to_generation: Option<u64>) -> Result<Decision, MoveError> {
    Decision::rolling_back(log, "default", to_generation, audit())
}

#[test]
fn a_rollback_serves_the_model_before_as_a_new_generation() {
    let log = log_of(&[Some("a"), None, Some("b"), None]);
    let moved = back(&log, None).unwrap();
    assert_eq!((moved.seq, moved.decision, moved.generation), (5, DecisionKind::RolledBack, 3));
    let pointer = moved.pointer.as_ref().unwrap();
    assert_eq!((pointer.run_id.as_str(), pointer.generation, pointer.seq), ("a", 3, 5));
    assert_eq!(pointer.previous.as_deref(), Some("b"));
    assert_eq!(moved.audit, Some(audit()));
    assert!(moved.reason.contains("it forecasts nonsense"), "{}", moved.reason);
}

#[test]
fn a_rollback_goes_to_the_generation_that_is_named() {
    let log = log_of(&[Some("a"), Some("b"), Some("c")]);
    assert_eq!(back(&log, Some(1)).unwrap().pointer.unwrap().run_id, "a");
    let unknown = MoveError::UnknownGeneration { asked: 7, known: "1, 2, 3".into() };
    assert_eq!(back(&log, Some(7)), Err(unknown));
    assert_eq!(back(&log, Some(3)), Err(MoveError::AlreadyServed("c".into())));
}

#[test]
fn there_is_nothing_to_roll_back_to_before_the_second_promotion() {
    assert_eq!(back(&[], None), Err(MoveError::NothingPromoted("default".into())));
    assert_eq!(back(&log_of(&[None]), None), Err(MoveError::NothingPromoted("default".into())));
    assert_eq!(back(&log_of(&[None, Some("a"), None]), None), Err(MoveError::NothingBefore(1)));
}

#[test]
fn what_was_rolled_back_stays_withdrawn_until_a_person_puts_it_back() {
    let mut log = log_of(&[Some("a"), Some("b")]);
    assert!(!Decision::is_withdrawn(&log, "b"));
    log.push(back(&log, None).unwrap());
    assert!(Decision::is_withdrawn(&log, "b"));
    assert!(!Decision::is_withdrawn(&log, "a"));
    log.push(decision(log.last(), None));
    assert!(Decision::is_withdrawn(&log, "b"), "a refusal changes nothing");
    log.push(back(&log, Some(2)).unwrap());
    assert!(!Decision::is_withdrawn(&log, "b"), "a second rollback put it back");
    assert!(Decision::is_withdrawn(&log, "a"));
}

#[test]
fn a_rollback_that_is_sent_again_does_not_bring_back_what_was_withdrawn() {
    let mut log = log_of(&[Some("a"), Some("b"), Some("c")]);
    log.push(back(&log, None).unwrap());
    assert_eq!(log.last().unwrap().pointer.as_ref().unwrap().run_id, "b");
    log.push(back(&log, None).unwrap());
    assert_eq!(log.last().unwrap().pointer.as_ref().unwrap().run_id, "a", "c was withdrawn, and stays out");
    assert_eq!(back(&log, None), Err(MoveError::NothingBefore(5)));
}

#[tokio::test]
async fn the_pointer_follows_a_rollback_like_any_decision() {
    let stored = Stored::start().await;
    let mut log = log_of(&[Some("a"), Some("b")]);
    log.push(back(&log, None).unwrap());
    for decision in &log {
        assert_eq!(stored.decisions.append(decision).await.unwrap(), Appended::Done);
        stored.decisions.project("default").await.unwrap();
    }
    let FetchedPointer::New { pointer, .. } = stored.decisions.pointer("default", None).await.unwrap() else {
        panic!("a pointer is there")
    };
    assert_eq!((pointer.run_id.as_str(), pointer.generation), ("a", 3));
    assert_eq!(stored.decisions.history("default").await.unwrap(), log, "an audited decision reads back as written");
}
