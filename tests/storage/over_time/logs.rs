//! What a process remembers of a log is what the whole log says, however the log came to be.

use flts::runtime::Io;
use flts::storage::{Condition, Decision, DecisionKind, Decisions, LogSummary, PROMOTION_BUCKET, Snapshots};

use crate::fixture::{Stored, decision};

use super::fixture::{World, back, log_by_chance, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_remembers_of_a_log_is_what_the_whole_log_says() {
    for seed in 0..6 {
        let stored = Stored::start().await;
        let log = log_by_chance(seed, 60);
        let known = stored.decisions.clone();
        for (at, entry) in log.iter().enumerate() {
            stored.decisions.append(entry).await.unwrap();
            let so_far = &log[..=at];
            let summary = known.summary("default").await.unwrap();
            assert_eq!(summary.champion(), Decision::champion(so_far));
            assert_eq!(summary.next_seq(), Decision::next_seq(so_far));
            for run in (0..5).map(|run| format!("run-{run}")) {
                assert_eq!(
                    summary.is_withdrawn(&run),
                    Decision::is_withdrawn(so_far, &run),
                    "{run} after {at}, {seed}"
                );
            }
            if at % 10 == 9 {
                for to in [None, Some(1), Some(3), Some(99)] {
                    let excerpt = known.promotions("default", |log| back(log, to).is_ok()).await.unwrap();
                    assert_eq!(outcome(back(&excerpt, to)), outcome(back(so_far, to)), "to {to:?} after {at}, {seed}");
                }
            }
        }
        let mut whole = LogSummary::default();
        log.iter().for_each(|entry| whole.add(entry));
        assert_eq!(*Decisions::new(stored.objects.clone()).summary("default").await.unwrap(), whole);
        assert_eq!(known.history("default").await.unwrap(), log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_entries_are_found_behind_any_pointer_stray_and_gap() {
    let world = World::with_past(2_500).await;
    let seqs = async |decisions: &Decisions, limit: usize| -> Vec<u64> {
        decisions.newest("default", limit).await.unwrap().iter().map(|decision| decision.seq).collect()
    };
    let fresh = || Decisions::new(world.objects.clone());
    assert_eq!(seqs(&fresh(), 3).await, [2_500, 2_499, 2_498]);
    let put = async |key: &str, bytes: Vec<u8>| {
        world.objects.put(PROMOTION_BUCKET, key, bytes.into(), Condition::Always).await.unwrap();
    };
    // pointers that are behind, ahead of the log, and none at all
    let mut pointer = decision(None, Some("a")).pointer.unwrap();
    for seq in [1, 900, 2_499, 2_500, 9_999] {
        pointer.seq = seq;
        put("default/current.json", pointer.to_json()).await;
        assert_eq!(seqs(&fresh(), 2).await, [2_500, 2_499], "a pointer to {seq}");
    }
    put("default/current.json", b"{".to_vec()).await;
    put("default/history/notes.txt", Vec::new()).await;
    put("default/history/00002499-copy.json", Vec::new()).await;
    let known = fresh();
    assert_eq!(seqs(&known, 2).await, [2_500, 2_499]);
    for seq in [2_499, 2_498] {
        world.objects.delete(PROMOTION_BUCKET, &format!("default/history/{seq:08}.json")).await.unwrap();
    }
    for decisions in [known, fresh()] {
        assert_eq!(seqs(&decisions, 2).await, [2_500, 2_497]);
    }
}

#[tokio::test]
async fn a_log_that_was_replaced_is_read_anew() {
    let stored = Stored::start().await;
    let kept = Decisions::new(stored.objects.clone());
    let write = async |log: &[Decision]| {
        for entry in log {
            let key = format!("default/history/{:08}.json", entry.seq);
            let bytes = serde_json::to_vec(entry).unwrap();
            stored.objects.put(PROMOTION_BUCKET, &key, bytes.into(), Condition::Always).await.unwrap();
        }
    };
    let first = log_by_chance(1, 12);
    write(&first).await;
    kept.summary("default").await.unwrap();
    assert_eq!(kept.newest("default", 4).await.unwrap()[0], first[11]);
    for entry in &first {
        stored.objects.delete(PROMOTION_BUCKET, &format!("default/history/{:08}.json", entry.seq)).await.unwrap();
    }
    assert!(kept.newest("default", 4).await.unwrap().is_empty());
    for length in [5, 12, 20] {
        let second = log_by_chance(2, length);
        write(&second).await;
        let mut whole = LogSummary::default();
        second.iter().for_each(|entry| whole.add(entry));
        assert_eq!(*kept.summary("default").await.unwrap(), whole);
        assert_eq!(kept.newest("default", 4).await.unwrap()[0], second[length - 1]);
        assert_eq!(kept.history("default").await.unwrap(), second);
    }
}

#[tokio::test]
async fn what_a_log_comes_to_outlives_the_process_as_a_snapshot() {
    let (stored, folder) = (Stored::start().await, tempfile::tempdir().unwrap());
    let log = log_by_chance(3, 30);
    for entry in &log {
        stored.decisions.append(entry).await.unwrap();
    }
    let summary = stored.decisions.summary("default").await.unwrap();
    let snapshots = || Snapshots::new(folder.path().to_owned(), Io::current());
    snapshots().save(&stored.decisions.saved_summaries()).unwrap();
    let successor = Decisions::new(stored.objects.clone());
    successor.restore_summaries(snapshots().load().unwrap());
    assert_eq!(successor.saved_summaries(), stored.decisions.saved_summaries());
    assert_eq!(successor.summary("default").await.unwrap(), summary);
}

#[test]
fn a_rollback_and_what_it_left_are_told_by_the_summary() {
    let mut log = vec![decision(None, Some("a"))];
    log.push(decision(log.last(), Some("b")));
    log.push(back(&log, None).unwrap());
    let mut summary = LogSummary::default();
    log.iter().for_each(|entry| summary.add(entry));
    assert_eq!(log[2].decision, DecisionKind::RolledBack);
    assert!(summary.is_withdrawn("b") && !summary.is_withdrawn("a"));
    assert_eq!(summary.champion().unwrap().run_id, "a");
    let judged = summary.judged(&log[0].dataset_id).unwrap();
    assert!(judged.contains("a") && judged.contains("b"));
    assert_eq!(summary.judged("another"), None);
}
