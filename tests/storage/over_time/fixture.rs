//! A store with a past whose requests are counted, and logs by chance.

use flts::storage::{Audit, BUCKETS, Decision, MoveError, ObjectStore};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::common::any_store::AnyStore;
use crate::common::long_history;
use crate::common::lossy::Lossy;
use crate::fixture::decision;

/// A store with a past, and the way to it, which counts requests.
pub struct World {
    way: Lossy,
    pub objects: ObjectStore,
    _store: AnyStore,
}

impl World {
    pub async fn with_past(length: usize) -> World {
        let store = AnyStore::start().await;
        let direct = store.client();
        for bucket in BUCKETS {
            direct.ensure_bucket(bucket).await.unwrap();
        }
        long_history::write(&direct, length).await;
        let way = Lossy::before(&store.endpoint()).await;
        let mut config = store.config();
        config.endpoint_url = Some(way.endpoint.clone());
        World { objects: ObjectStore::new(config), way, _store: store }
    }

    /// The number of requests that something takes.
    pub async fn cost<T>(&self, work: impl Future<Output = T>) -> usize {
        let before = self.way.requests().len();
        work.await;
        self.way.requests().len() - before
    }
}

fn audit() -> Audit {
    Audit { who: "ops".into(), why: "a test".into() }
}

/// The decision to serve an earlier model again.
pub fn back(log: &[Decision], to_generation: Option<u64>) -> Result<Decision, MoveError> {
    Decision::rolling_back(log, "default", to_generation, audit())
}

/// A log of promotions, refusals and rollbacks by chance.
pub fn log_by_chance(seed: u64, length: usize) -> Vec<Decision> {
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
pub fn outcome(decided: Result<Decision, MoveError>) -> String {
    let timeless =
        decided.map(|decision| (decision.seq, decision.reason, decision.pointer.map(|pointer| pointer.run_id)));
    format!("{timeless:?}")
}
