//! Times in records are for people: whatever the clocks of their writers said, the same things are newest, held and decided.

use std::time::{Duration, Instant};

use flts::forecast::{Family, Lineage};
use flts::runtime::Io;
use flts::storage::{
    AcquireOutcome, Appended, Condition, DatasetRecord, Decision, FetchedPointer, LeaseOwner, LeaseRecord, Leases,
    MLFLOW_BUCKET,
};

use crate::common::long_history::dataset;
use crate::fixture::{Stored, decision};

/// The same moment by clocks that are right, an hour and a year behind, and an hour and a year ahead.
const CLOCKS: [&str; 5] = [
    "2026-06-01T12:00:00.000000Z",
    "2026-06-01T11:00:00.000000Z",
    "2025-06-01T12:00:00.000000Z",
    "2026-06-01T13:00:00.000000Z",
    "2027-06-01T12:00:00.000000Z",
];
const TTL: Duration = Duration::from_millis(300);

#[test]
fn no_clock_decides_which_of_two_data_sets_is_newer() {
    for (ours, theirs) in CLOCKS.iter().flat_map(|ours| CLOCKS.iter().map(move |theirs| (*ours, *theirs))) {
        let at = |number: usize, time: &str| DatasetRecord { created_at: time.into(), ..dataset(number) };
        let (first, second) = (at(0, ours), at(1, theirs));
        assert!(second.is_newer_than(&first) && !first.is_newer_than(&second), "{ours} and {theirs}");
        // published at the same time, by machines of these clocks
        let same = DatasetRecord { seq: first.seq, ..second.clone() };
        assert_eq!(same.is_newer_than(&first), same.dataset_id > first.dataset_id, "{ours} and {theirs}");
        assert_ne!(same.is_newer_than(&first), first.is_newer_than(&same), "one of them is the newer one");
        // a data set of an earlier version has no number, and no time makes it newer
        let old = DatasetRecord { seq: 0, ..second };
        assert!(first.is_newer_than(&old) && !old.is_newer_than(&first));
    }
}

#[tokio::test]
async fn the_log_and_the_pointer_go_by_numbers_while_the_clocks_of_their_writers_jump() {
    let stored = Stored::start().await;
    let mut last: Option<Decision> = None;
    for (at, time) in CLOCKS.iter().chain(CLOCKS.iter().rev()).enumerate() {
        let mut next = decision(last.as_ref(), Some(&format!("run-{at}")));
        next.timestamp = (*time).into();
        next.pointer = next.pointer.map(|pointer| flts::storage::Pointer { timestamp: (*time).into(), ..pointer });
        assert_eq!(stored.decisions.append(&next).await.unwrap(), Appended::Done);
        stored.decisions.project("default").await.unwrap();
        let FetchedPointer::New { pointer, .. } = stored.decisions.pointer("default", None).await.unwrap() else {
            panic!("a pointer is there")
        };
        assert_eq!(Some(*pointer), next.pointer);
        assert_eq!(stored.decisions.newest("default", 1).await.unwrap(), std::slice::from_ref(&next));
        assert_eq!(stored.decisions.summary("default").await.unwrap().champion(), next.pointer.as_ref());
        last = Some(next);
    }
}

#[tokio::test]
async fn a_lease_is_held_and_taken_over_by_the_observers_own_patience_whatever_the_clock_of_its_holder_says() {
    let lineage = Lineage {
        run_id: String::new(),
        identifier: "default".into(),
        series: None,
        config_hash: "c".into(),
        dataset_id: "d".into(),
        train_hash: "t".into(),
    };
    let owner = |node: &str| LeaseOwner { node: node.into(), life: "1".into() };
    for time in CLOCKS {
        let stored = Stored::start().await;
        let held = LeaseRecord { written_at: time.into(), ..LeaseRecord::acquired(None, &owner("away"), TTL) };
        let bytes = serde_json::to_vec(&held).unwrap();
        let key = "leases/default/d/GRU/t.json";
        stored.objects.put(MLFLOW_BUCKET, key, bytes.into(), Condition::Always).await.unwrap();
        let mine = Leases::new(stored.objects.clone(), Io::current(), owner("here"), TTL);
        let begun = Instant::now();
        let taken = loop {
            match mine.acquire(Family::GRU, &lineage).await.unwrap() {
                AcquireOutcome::Acquired(lease) => break lease,
                AcquireOutcome::Held { ask_again, .. } => tokio::time::sleep(ask_again).await,
            }
        };
        assert!(begun.elapsed() >= TTL, "it was held for its time though its writer's clock said {time}");
        assert_eq!((taken.taken_from.as_deref(), taken.acquired.epoch), (Some("away"), 2));
        taken.release(TTL).await;
    }
}
