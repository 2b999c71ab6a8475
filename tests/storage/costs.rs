//! What is read of a log and of runs does not grow with them: entries never change, and new ones are found behind the known ones.

use std::time::Duration;

use flts::forecast::Family;
use flts::runtime::Io;
use flts::storage::{
    Appended, Audit, Condition, Datasets, Decision, DecisionKind, Decisions, Folder, LogSummary, MLFLOW_BUCKET,
    ObjectStore, PROMOTION_BUCKET, RunRecord, Runs, Snapshots,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::common::any_store::AnyStore;
use crate::common::long_history::{self, RUNS_A_DATASET};
use crate::common::lossy::Lossy;
use crate::fixture::{Stored, decision};
use crate::stored_records::{artifact, published};

/// A store with a past, and the way to it, which counts requests.
struct World {
    way: Lossy,
    objects: ObjectStore,
    _store: AnyStore,
}

impl World {
    async fn with_past(length: usize) -> World {
        let store = AnyStore::start().await;
        let direct = store.client();
        for bucket in flts::storage::BUCKETS {
            direct.ensure_bucket(bucket).await.unwrap();
        }
        long_history::write(&direct, length).await;
        let way = Lossy::before(&store.endpoint()).await;
        let mut config = store.config();
        config.endpoint_url = Some(way.endpoint.clone());
        World { objects: ObjectStore::new(config), way, _store: store }
    }

    /// The number of requests that something takes.
    async fn cost<T>(&self, work: impl Future<Output = T>) -> usize {
        let before = self.way.requests().len();
        work.await;
        self.way.requests().len() - before
    }
}

/// Requests of one search of an evaluator that finds nothing to do, and of what else a process asks of a log.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    /// The first search of a process.
    first_search: usize,
    /// Each further one.
    search: usize,
    /// What a judgement must know of the log, after one more decision.
    judgement: usize,
    /// The same in a new process, from the snapshot of the one before.
    judgement_after_restart: usize,
    /// The model before the present one, in a new process.
    rollback: usize,
}

async fn costs_after(length: usize) -> Costs {
    let world = World::with_past(length).await;
    let newest = long_history::dataset((length - 1) / RUNS_A_DATASET);
    let process = || (Datasets::new(world.objects.clone()), Decisions::new(world.objects.clone()), Runs::new(world.objects.clone()));
    let (datasets, decisions, runs) = process();
    // as an evaluator searches
    let search = async || {
        assert_eq!(datasets.newest().await.unwrap(), std::slice::from_ref(&newest));
        assert_eq!(runs.list_for("default", &newest.dataset_id).await.unwrap().len(), RUNS_A_DATASET);
        assert_eq!(decisions.newest("default", 4).await.unwrap()[0].seq, length as u64);
        assert_eq!(decisions.identifiers().await.unwrap(), ["default"]);
        decisions.project("default").await.unwrap();
    };
    // every record of a data set is read once
    datasets.list().await.unwrap();
    let first_search = world.cost(search()).await;
    let one = world.cost(search()).await;

    assert_eq!(decisions.summary("default").await.unwrap().next_seq(), length as u64 + 1);
    let mut last = long_history::decision(length);
    for winner in ["a", "b"] {
        last = decision(Some(&last), Some(winner));
        assert_eq!(decisions.append(&last).await.unwrap(), Appended::Done);
    }
    let judgement = world.cost(decisions.summary("default")).await;
    let saved = decisions.saved_summaries();
    let (_, successor, _) = process();
    successor.restore_summaries(saved);
    let judgement_after_restart = world.cost(successor.summary("default")).await;
    assert_eq!(successor.summary("default").await.unwrap(), decisions.summary("default").await.unwrap());
    decisions.project("default").await.unwrap();

    let (_, by_hand, _) = process();
    let found = |log: &[Decision]| back(log, None).is_ok();
    let rollback = world.cost(by_hand.promotions("default", found)).await;
    Costs { first_search, search: one, judgement, judgement_after_restart, rollback }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_a_judgement_and_a_rollback_cost_the_same_after_ten_and_after_two_thousand_decisions_and_runs() {
    let (short, long) = (costs_after(10).await, costs_after(2_000).await);
    println!("after 10: {short:?}\nafter 2,000: {long:?}");
    // three requests find the end of a log that no pointer tells of
    assert!(long.first_search <= short.first_search + 3, "{long:?}");
    assert_eq!(Costs { first_search: 0, ..long }, Costs { first_search: 0, ..short });
}

fn audit() -> Audit {
    Audit { who: "ops".into(), why: "a test".into() }
}

fn back(log: &[Decision], to_generation: Option<u64>) -> Result<Decision, flts::storage::MoveError> {
    Decision::rolling_back(log, "default", to_generation, audit())
}

/// A log of promotions, refusals and rollbacks by chance.
fn log_by_chance(seed: u64, length: usize) -> Vec<Decision> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut log: Vec<Decision> = Vec::new();
    while log.len() < length {
        let next = match chance.random_range(0..6) {
            0 | 1 => decision(log.last(), Some(&format!("run-{}", chance.random_range(0..5)))),
            2 => {
                let generation = chance.random_bool(0.5).then(|| chance.random_range(1..6));
                back(&log, generation).unwrap_or_else(|_| decision(log.last(), None))
            }
            _ => decision(log.last(), None),
        };
        log.push(next);
    }
    log
}

/// What a decision comes to, without the time at which it is made.
fn outcome(decided: Result<Decision, flts::storage::MoveError>) -> String {
    let timeless = decided.map(|decision| (decision.seq, decision.reason, decision.pointer.map(|pointer| pointer.run_id)));
    format!("{timeless:?}")
}

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
                assert_eq!(summary.is_withdrawn(&run), Decision::is_withdrawn(so_far, &run), "{run} after {at}, {seed}");
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

#[tokio::test]
async fn a_run_is_found_by_its_id_without_reading_the_others() {
    let world = World::with_past(200).await;
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(world.objects.clone());
    let (artifact, lineage) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let run = runs.finish(RunRecord::finished(&saved, &lineage, Vec::new(), Duration::ZERO)).await.unwrap();
    let find = async || assert_eq!(runs.find_by_id("default", "run-1").await.unwrap().as_ref(), Some(&run));
    assert_eq!(world.cost(find()).await, 3, "the folder of its artifact, the manifest, the record");
    assert_eq!(runs.find_by_id("other", "run-1").await.unwrap(), None);
    let failed = runs.find_by_id("default", "past-77").await.unwrap().unwrap();
    assert_eq!(failed.lineage, long_history::run(77).lineage, "a run without a model is found too");
    // one whose artifact is lost
    for entry in world.objects.list(MLFLOW_BUCKET, "Default/run-1/").await.unwrap() {
        world.objects.delete(MLFLOW_BUCKET, &entry.key).await.unwrap();
    }
    find().await;
}

#[tokio::test]
async fn runs_and_damaged_records_are_read_once_and_changes_are_seen() {
    let world = World::with_past(10).await;
    let (runs, dataset_id) = (Runs::new(world.objects.clone()), long_history::dataset(0).dataset_id);
    let listed = async || runs.list_for("default", &dataset_id).await.unwrap();
    let key = |number: usize| {
        let lineage = long_history::run(number).lineage;
        format!("runs/default/{dataset_id}/{}/{}.json", Family::GRU, lineage.train_hash)
    };
    world.objects.put(MLFLOW_BUCKET, &key(3), "{".into(), Condition::Always).await.unwrap();
    assert_eq!(world.cost(async { assert_eq!(listed().await.len(), 9) }).await, 11);
    assert_eq!(world.cost(async { assert_eq!(listed().await.len(), 9) }).await, 1);
    // repaired, and another one removed
    let json = serde_json::to_vec(&long_history::run(3)).unwrap();
    world.objects.put(MLFLOW_BUCKET, &key(3), json.into(), Condition::Always).await.unwrap();
    world.objects.delete(MLFLOW_BUCKET, &key(4)).await.unwrap();
    let ids: Vec<String> = listed().await.into_iter().map(|run| run.lineage.run_id).collect();
    assert_eq!(ids.len(), 9);
    assert!(ids.contains(&"past-3".to_owned()) && !ids.contains(&"past-4".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn a_listing_starts_after_a_key_and_tells_folders_apart() {
    let world = World::with_past(1).await;
    let bucket = flts::storage::INFERENCE_LOG_BUCKET;
    let keys = ["a", "a/1", "a/2", "a/3", "a/b/4", "c/5", "d"];
    for key in keys {
        world.objects.put(bucket, key, "x".into(), Condition::Always).await.unwrap();
    }
    let names = |entries: Vec<flts::storage::Entry>| entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    let after = async |prefix: &str, after: &str| names(world.objects.list_after(bucket, prefix, after).await.unwrap());
    assert_eq!(after("a/", "a/1").await, ["a/2", "a/3", "a/b/4"]);
    assert_eq!(after("a/", "a/15").await, ["a/2", "a/3", "a/b/4"], "the key need not exist");
    assert_eq!(after("a/", "a").await, ["a/1", "a/2", "a/3", "a/b/4"], "a key before the prefix");
    assert!(after("a/", "b").await.is_empty());
    assert_eq!(after("", "a/b/4").await, ["c/5", "d"]);
    let page = world.objects.list_page(bucket, "a/", "a/1", 2).await.unwrap();
    assert_eq!((names(page.entries), page.is_truncated), (vec!["a/2".to_owned(), "a/3".into()], true));
    let page = world.objects.list_page(bucket, "a/", "a/3", 2).await.unwrap();
    assert_eq!((names(page.entries), page.is_truncated), (vec!["a/b/4".to_owned()], false));
    let Folder { folders, entries } = world.objects.list_folder(bucket, "").await.unwrap();
    assert_eq!((folders, names(entries)), (vec!["a/".to_owned(), "c/".into()], vec!["a".to_owned(), "d".into()]));
    let Folder { folders, entries } = world.objects.list_folder(bucket, "a/").await.unwrap();
    assert_eq!((folders, names(entries)), (vec!["a/b/".to_owned()], vec!["a/1".to_owned(), "a/2".into(), "a/3".into()]));
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
