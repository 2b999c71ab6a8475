//! Leases on trainings: held once, kept while somebody works, taken over from the silent, and counting the attempts that ended badly.
//!
//! On the embedded store, or on MinIO where `FLTS_TEST_MINIO` is set.

use std::time::{Duration, Instant};

use flts::forecast::{Family, Lineage};
use flts::runtime::Io;
use flts::storage::{
    AcquireOutcome, Condition, Lease, LeaseOwner, LeaseRecord, LeaseStatus, Leases, MLFLOW_BUCKET, ObjectStore,
};
use futures::future::join_all;

use crate::common::any_store::AnyStore;

const TTL: Duration = Duration::from_millis(600);
const PATIENCE: Duration = Duration::from_secs(30);
const KEY: &str = "leases/default/d/GRU/t.json";

struct Stored {
    objects: ObjectStore,
    _store: AnyStore,
}

impl Stored {
    async fn start() -> Stored {
        let store = AnyStore::start().await;
        let objects = store.client();
        objects.ensure_bucket(MLFLOW_BUCKET).await.unwrap();
        Stored { objects, _store: store }
    }

    /// The leases as a node sees them, in a life of it.
    fn node(&self, node: &str, life: &str) -> Leases {
        Leases::new(self.objects.clone(), Io::current(), who(node, life), TTL)
    }

    /// A lease whose holder was killed: nobody keeps it.
    async fn of_the_dead(&self, node: &str) -> LeaseRecord {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let io = Io::from(runtime.handle().clone());
        let lease = taken(&Leases::new(self.objects.clone(), io, who(node, "the only one"), TTL)).await;
        runtime.shutdown_background();
        let taken = lease.acquired.clone();
        // dropped, it would still say a word
        std::mem::forget(lease);
        taken
    }

    async fn record(&self) -> LeaseRecord {
        let object = self.objects.get(MLFLOW_BUCKET, KEY).await.unwrap().unwrap();
        serde_json::from_slice(&object.bytes).unwrap()
    }

    async fn write(&self, record: &LeaseRecord) {
        let bytes = serde_json::to_vec(record).unwrap();
        self.objects.put(MLFLOW_BUCKET, KEY, bytes.into(), Condition::Always).await.unwrap();
    }

    async fn until(&self, wanted: impl Fn(&LeaseRecord) -> bool) -> LeaseRecord {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let record = self.record().await;
            if wanted(&record) {
                return record;
            }
            assert!(Instant::now() < deadline, "{record:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn who(node: &str, life: &str) -> LeaseOwner {
    LeaseOwner { node: node.into(), life: life.into() }
}

fn lineage() -> Lineage {
    Lineage {
        run_id: String::new(),
        identifier: "default".into(),
        series: None,
        config_hash: "c".into(),
        dataset_id: "d".into(),
        train_hash: "t".into(),
    }
}

async fn ask(leases: &Leases) -> AcquireOutcome {
    leases.acquire(Family::GRU, &lineage()).await.unwrap()
}

async fn taken(leases: &Leases) -> Lease {
    match ask(leases).await {
        AcquireOutcome::Acquired(lease) => lease,
        AcquireOutcome::Held { by, left, .. } => panic!("{by} has it for {left:?}"),
    }
}

/// Asks until it is given.
async fn awaited(leases: &Leases) -> Lease {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let AcquireOutcome::Acquired(lease) = ask(leases).await {
            return lease;
        }
        assert!(Instant::now() < deadline, "it is never free");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_one_gets_it_and_each_epoch_is_higher_than_the_last() {
    let stored = Stored::start().await;
    let nodes: Vec<Leases> = (0..8).map(|node| stored.node(&node.to_string(), "1")).collect();
    for epoch in 1..=5 {
        let claims = join_all(nodes.iter().map(ask)).await;
        let mut winners = claims.into_iter().filter_map(|claim| match claim {
            AcquireOutcome::Acquired(lease) => Some(lease),
            AcquireOutcome::Held { .. } => None,
        });
        let winner = winners.next().expect("one of them");
        assert!(winners.next().is_none(), "two have it");
        assert_eq!((winner.acquired.epoch, winner.acquired.attempts), (epoch, 1));
        winner.release(PATIENCE).await;
        assert_eq!(stored.record().await.holder, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_kept_for_as_long_as_its_holder_works_however_silent_he_is() {
    let stored = Stored::start().await;
    let (holder, other) = (stored.node("a", "1"), stored.node("b", "1"));
    let lease = taken(&holder).await;
    let renewed = stored.until(|record| record.renewals >= 8).await;
    assert!(renewed.renewals as u32 >= 8, "well beyond its first time");
    assert!(matches!(ask(&other).await, AcquireOutcome::Held { by, .. } if by == "a"));
    assert!(matches!(ask(&holder).await, AcquireOutcome::Held { .. }), "a node has it once, too");
    assert!(matches!(holder.look(Family::GRU, &lineage()).await.unwrap(), LeaseStatus::Held(_)));
    assert!(!lease.is_lost());
    lease.release(PATIENCE).await;
    assert_eq!(other.look(Family::GRU, &lineage()).await.unwrap(), LeaseStatus::Free);
    taken(&other).await.release(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_dead_holder_is_taken_over_after_its_time_and_not_before() {
    let stored = Stored::start().await;
    let dead = stored.of_the_dead("a").await;
    let other = stored.node("b", "1");
    let first_look = Instant::now();
    let AcquireOutcome::Held { by, left, .. } = ask(&other).await else { panic!("nobody knows yet that it is dead") };
    assert_eq!((by.as_str(), left), ("a", TTL), "time is counted from the first look");
    let lease = awaited(&other).await;
    assert!(first_look.elapsed() >= TTL);
    assert_eq!((lease.acquired.epoch, lease.acquired.attempts), (dead.epoch + 1, 2), "the attempt of the dead counts");
    assert_eq!(lease.taken_from.as_deref(), Some("a"));
    lease.release(PATIENCE).await;
    assert_eq!(stored.record().await.attempts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_away_for_longer_than_a_lease_lasts_takes_no_work_from_anybody() {
    const LASTING: Duration = Duration::from_millis(1500);
    let mut store = AnyStore::start().await;
    let objects = store.client();
    objects.ensure_bucket(MLFLOW_BUCKET).await.unwrap();
    let [holder, other] = ["a", "b"].map(|node| Leases::new(objects.clone(), Io::current(), who(node, "1"), LASTING));
    let lease = taken(&holder).await;
    assert!(matches!(ask(&other).await, AcquireOutcome::Held { .. }));
    store.kill().await;
    // what passes meanwhile is the point
    tokio::time::sleep(LASTING * 2).await;

    store.restart().await;
    let renewals = async || {
        let object = objects.get(MLFLOW_BUCKET, KEY).await.unwrap().unwrap();
        serde_json::from_slice::<LeaseRecord>(&object.bytes).unwrap().renewals
    };
    let (before, deadline) = (renewals().await, Instant::now() + PATIENCE);
    while renewals().await < before + 2 {
        assert!(matches!(ask(&other).await, AcquireOutcome::Held { .. }), "its holder had no way to renew it");
        assert!(Instant::now() < deadline, "it is never renewed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!lease.is_lost());
    lease.release(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_node_still_holds_at_its_end_is_given_back_in_order() {
    let stored = Stored::start().await;
    stored.of_the_dead("a").await;
    let leases = stored.node("a", "2");
    let lease = taken(&leases).await;
    assert_eq!(lease.acquired.attempts, 2);
    leases.give_back_all(PATIENCE).await;
    let record = stored.record().await;
    assert_eq!((record.holder, record.attempts), (None, 0), "a late stop is no attempt");
    assert!(lease.is_lost(), "whoever works on is to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_beyond_repair_stays_so_for_every_node_and_life() {
    let stored = Stored::start().await;
    let lease = taken(&stored.node("a", "1")).await;
    lease.mark_beyond_repair();
    lease.release(PATIENCE).await;
    assert_eq!(stored.node("b", "1").look(Family::GRU, &lineage()).await.unwrap(), LeaseStatus::BeyondRepair);
    let lease = taken(&stored.node("b", "1")).await;
    assert!(lease.acquired.beyond_repair);
    lease.release(PATIENCE).await;
    assert_eq!(stored.node("a", "2").look(Family::GRU, &lineage()).await.unwrap(), LeaseStatus::BeyondRepair);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_killed_need_not_wait_for_its_own_lease() {
    let stored = Stored::start().await;
    stored.of_the_dead("a").await;
    let lease = taken(&stored.node("a", "the next one")).await;
    assert_eq!((lease.acquired.attempts, lease.taken_from.as_deref()), (2, Some("a")));
    lease.release(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_is_told_and_does_not_touch_it_any_more() {
    let stored = Stored::start().await;
    let lease = taken(&stored.node("a", "1")).await;
    // as somebody writes it who saw nothing of `a` for long enough
    let theirs = LeaseRecord::acquired(Some(&stored.record().await), &who("b", "1"), TTL);
    stored.write(&theirs).await;
    let deadline = Instant::now() + PATIENCE;
    while !lease.is_lost() {
        assert!(Instant::now() < deadline, "it is never told");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lease.release(PATIENCE).await;
    assert_eq!(stored.record().await, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_end_in_a_panic_add_up_until_one_ends_in_order() {
    let stored = Stored::start().await;
    let leases = stored.node("a", "1");
    for attempt in 1..=4 {
        let lease = awaited(&leases).await;
        assert_eq!(lease.acquired.attempts, attempt);
        assert_eq!(lease.acquired.is_spent(), attempt > 3);
        let panicked = std::thread::spawn(move || {
            let _lease = lease;
            panic!("as a training may");
        });
        panicked.join().unwrap_err();
        stored.until(|record| record.holder.is_none()).await;
    }
    awaited(&leases).await.release(PATIENCE).await;
    assert_eq!(awaited(&leases).await.acquired.attempts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_beyond_all_earlier_ones_makes_earlier_attempts_count_no_more() {
    let stored = Stored::start().await;
    stored.of_the_dead("a").await;
    let leases = stored.node("a", "2");
    let lease = taken(&leases).await;
    lease.checkpoint_stored(100);
    let kept = stored.until(|record| record.progress == 100).await;
    assert_eq!(kept.attempts, 1, "this one goes on");
    std::mem::forget(lease);

    let lease = taken(&stored.node("a", "3")).await;
    assert_eq!(lease.acquired.attempts, 2);
    lease.checkpoint_stored(100);
    let renewals = stored.record().await.renewals;
    let renewed = stored.until(|record| record.renewals > renewals).await;
    assert_eq!(renewed.attempts, 2, "no further than before");
    lease.release(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_whose_taking_was_not_answered_is_found_again_and_counts_once() {
    let stored = Stored::start().await;
    // the write went in, and the answer did not come back
    stored.write(&LeaseRecord::acquired(None, &who("a", "1"), TTL)).await;
    let lease = taken(&stored.node("a", "1")).await;
    assert_eq!((lease.acquired.epoch, lease.acquired.attempts), (2, 1));
    lease.release(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_no_lease_is_waited_out_and_replaced() {
    let stored = Stored::start().await;
    stored.objects.put(MLFLOW_BUCKET, KEY, "{half".into(), Condition::Always).await.unwrap();
    let leases = stored.node("a", "1");
    assert!(matches!(ask(&leases).await, AcquireOutcome::Held { .. }));
    awaited(&leases).await.release(PATIENCE).await;
    assert_eq!(stored.record().await.attempts, 0);
}
