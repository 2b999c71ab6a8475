//! The decision log is the truth, and the pointer follows it whoever crashes where.

use bytes::Bytes;
use flts::storage::{Appended, Condition, Decision, FetchedPointer, PROMOTION_BUCKET, Pointer, Put};

use crate::fixture::{Stored, decision};

const POINTER_KEY: &str = "default/current.json";

async fn append(stored: &Stored, next: &Decision) {
    assert_eq!(stored.decisions.append(next).await.unwrap(), Appended::Done);
}

async fn pointer(stored: &Stored) -> Pointer {
    match stored.decisions.pointer("default", None).await.unwrap() {
        FetchedPointer::New { pointer, .. } => *pointer,
        other => panic!("expected a pointer, got {other:?}"),
    }
}

#[tokio::test]
async fn of_two_evaluators_that_decide_at_once_one_wins_and_the_other_reads_again() {
    let stored = Stored::start().await;
    for round in 0..10 {
        let history = stored.decisions.history("default").await.unwrap();
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let (ours, theirs) = (decision(history.last(), Some(&a)), decision(history.last(), Some(&b)));
        let (first, second) = tokio::join!(stored.decisions.append(&ours), stored.decisions.append(&theirs));
        let winner = match (first.unwrap(), second.unwrap()) {
            (Appended::Done, Appended::Lost) => ours,
            (Appended::Lost, Appended::Done) => theirs,
            both => panic!("exactly one may win, got {both:?}"),
        };
        let history = stored.decisions.history("default").await.unwrap();
        assert_eq!(history.last(), Some(&winner));
        assert_eq!(history.len(), round + 1);
    }
    let history = stored.decisions.history("default").await.unwrap();
    let numbers: Vec<u64> = history.iter().map(|decision| decision.seq).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<u64>>(), "the log has no gap");
}

#[tokio::test]
async fn the_generation_rises_on_promotion_only() {
    let stored = Stored::start().await;
    let mut last: Option<Decision> = None;
    let mut told = Vec::new();
    for winner in [None, Some("a"), None, None, Some("b"), None] {
        let next = decision(last.as_ref(), winner);
        append(&stored, &next).await;
        let projected = stored.decisions.project("default").await.unwrap();
        told.push(projected.map(|pointer| (pointer.generation, pointer.seq, pointer.run_id)));
        last = Some(next);
    }
    let (a, b) = (Some((1, 2, "a".to_string())), Some((2, 5, "b".to_string())));
    assert_eq!(told, [None, a.clone(), a.clone(), a, b.clone(), b]);
    assert_eq!(pointer(&stored).await.previous.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_crash_between_the_decision_and_its_pointer_is_healed_from_the_log() {
    let stored = Stored::start().await;
    let first = decision(None, Some("a"));
    append(&stored, &first).await;
    assert!(matches!(stored.decisions.pointer("default", None).await.unwrap(), FetchedPointer::Absent));
    stored.decisions.project("default").await.unwrap();
    assert_eq!(pointer(&stored).await.run_id, "a");

    append(&stored, &decision(Some(&first), Some("b"))).await;
    stored.objects.delete(PROMOTION_BUCKET, POINTER_KEY).await.unwrap();
    stored.decisions.project("default").await.unwrap();
    assert_eq!(pointer(&stored).await.run_id, "b");
}

#[tokio::test]
async fn projecting_again_changes_nothing() {
    let stored = Stored::start().await;
    append(&stored, &decision(None, Some("a"))).await;
    stored.decisions.project("default").await.unwrap();
    let before = stored.objects.get(PROMOTION_BUCKET, POINTER_KEY).await.unwrap().unwrap();
    stored.decisions.project("default").await.unwrap();
    let after = stored.objects.get(PROMOTION_BUCKET, POINTER_KEY).await.unwrap().unwrap();
    assert_eq!(before, after);

    let FetchedPointer::New { etag, .. } = stored.decisions.pointer("default", None).await.unwrap() else {
        panic!("there is a pointer");
    };
    let again = stored.decisions.pointer("default", Some(&etag)).await.unwrap();
    assert!(matches!(again, FetchedPointer::Unchanged));
}

#[tokio::test]
async fn evaluators_that_project_at_once_end_with_the_last_decision() {
    let stored = Stored::start().await;
    let mut last = decision(None, Some("r1"));
    append(&stored, &last).await;
    for round in 2..8 {
        let next = decision(Some(&last), Some(&format!("r{round}")));
        let old_view = stored.decisions.clone();
        let (stale, _) = tokio::join!(old_view.project("default"), async {
            append(&stored, &next).await;
            stored.decisions.project("default").await.unwrap()
        });
        stale.unwrap();
        assert_eq!(pointer(&stored).await.run_id, next.pointer.clone().unwrap().run_id);
        last = next;
    }
}

#[tokio::test]
async fn a_refusal_without_a_champion_leaves_no_pointer() {
    let stored = Stored::start().await;
    append(&stored, &decision(None, None)).await;
    assert_eq!(stored.decisions.project("default").await.unwrap(), None);
    assert!(matches!(stored.decisions.pointer("default", None).await.unwrap(), FetchedPointer::Absent));
    assert_eq!(stored.decisions.identifiers().await.unwrap(), ["default"]);
}

#[tokio::test]
async fn a_pointer_of_the_original_is_told_and_then_replaced_by_the_first_promotion() {
    let stored = Stored::start().await;
    let old =
        br#"{"identifier":"","run_id":"7230","model_type":"LSTM","model_uri":"runs:/7230/LSTM","config_hash":"d0"}"#;
    let put = stored.objects.put(PROMOTION_BUCKET, POINTER_KEY, Bytes::from_static(old), Condition::Always).await;
    assert!(matches!(put.unwrap(), Put::Done { .. }));
    let FetchedPointer::Unreadable { reason } = stored.decisions.pointer("default", None).await.unwrap() else {
        panic!("a pickle cannot be served");
    };
    assert!(reason.starts_with("pointer_not_loadable") && reason.contains("7230"), "{reason}");

    append(&stored, &decision(None, Some("a"))).await;
    stored.decisions.project("default").await.unwrap();
    assert_eq!(pointer(&stored).await.run_id, "a");
}

#[tokio::test]
async fn identifiers_do_not_see_each_others_decisions() {
    let stored = Stored::start().await;
    append(&stored, &decision(None, Some("a"))).await;
    let mut other = decision(None, Some("b"));
    other.identifier = "default-2".into();
    append(&stored, &other).await;
    assert_eq!(stored.decisions.history("default").await.unwrap().len(), 1);
    assert_eq!(stored.decisions.identifiers().await.unwrap(), ["default", "default-2"]);
    stored.decisions.project("default-2").await.unwrap();
    assert!(matches!(stored.decisions.pointer("default", None).await.unwrap(), FetchedPointer::Absent));
}

#[tokio::test]
async fn a_pointer_that_the_log_does_not_say_is_put_right() {
    let stored = Stored::start().await;
    let first = decision(None, Some("a"));
    append(&stored, &first).await;
    stored.decisions.project("default").await.unwrap();
    let forged = Pointer { run_id: "b".into(), ..first.pointer.unwrap() };
    stored.objects.put(PROMOTION_BUCKET, POINTER_KEY, forged.to_json().into(), Condition::Always).await.unwrap();
    stored.decisions.project("default").await.unwrap();
    assert_eq!(pointer(&stored).await.run_id, "a");
}

#[tokio::test]
async fn pointers_of_the_original_are_found_where_it_put_them_and_never_followed() {
    let plain = r#"{"identifier":"global","run_id":"7230","model_uri":"runs:/7230/LSTM"}"#;
    let bom = format!("\u{feff}{plain}");
    let part =
        "Content-Disposition: form-data; name=\"file\"; filename=\"current.json\"\r\nContent-Type: application/json";
    let envelope = format!("--b\r\n{part}\r\n\r\n{plain}\r\n--b--\r\n");
    for key in ["current.json", "global/current.json", POINTER_KEY] {
        for body in [plain, &bom, &envelope] {
            let stored = Stored::start().await;
            let bytes = Bytes::from(body.to_owned());
            stored.objects.put(PROMOTION_BUCKET, key, bytes, Condition::Always).await.unwrap();
            let FetchedPointer::Unreadable { reason } = stored.decisions.pointer("default", None).await.unwrap() else {
                panic!("a pickle cannot be served")
            };
            assert!(reason.starts_with("pointer_not_loadable") && reason.contains("7230"), "{key}: {reason}");
            let other = stored.decisions.pointer("other", None).await.unwrap();
            assert!(matches!(other, FetchedPointer::Absent), "it is about the series `default` alone");

            append(&stored, &decision(None, Some("a"))).await;
            stored.decisions.project("default").await.unwrap();
            assert_eq!(
                pointer(&stored).await.run_id,
                "a",
                "the first promotion is followed wherever the old pointer lies"
            );
        }
    }
}
