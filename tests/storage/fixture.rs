//! A store of its own for each test, with every bucket, and records to put into it.

use flts::forecast::{Family, Standing};
use flts::storage::{BUCKETS, Decision, DecisionKind, Decisions, ObjectStore, Pointer};

use crate::common::any_store::AnyStore;

/// A running store with every bucket.
pub struct Stored {
    pub objects: ObjectStore,
    pub decisions: Decisions,
    _store: AnyStore,
}

impl Stored {
    pub async fn start() -> Self {
        let store = AnyStore::start().await;
        let objects = store.client();
        for bucket in BUCKETS {
            objects.ensure_bucket(bucket).await.unwrap();
        }
        let decisions = Decisions::new(objects.clone());
        Self { objects, decisions, _store: store }
    }
}

/// The next decision of a log that ends with `last`: a promotion of `winner`, or a refusal.
pub fn decision(last: Option<&Decision>, winner: Option<&str>) -> Decision {
    let champion = last.and_then(|last| last.pointer.clone());
    let seq = last.map_or(1, |last| last.seq + 1);
    let pointer = match winner {
        Some(run_id) => Some(pointer(run_id, seq, champion.as_ref())),
        None => champion,
    };
    Decision {
        v: 1,
        seq,
        identifier: "default".into(),
        dataset_id: "d".repeat(64),
        config_hash: "c".repeat(64),
        decision: if winner.is_some() { DecisionKind::Promoted } else { DecisionKind::Refused },
        reason: "because".into(),
        scoreboard: Vec::new(),
        weights: Default::default(),
        window_hash: "w".into(),
        judged_runs: winner.into_iter().map(str::to_owned).collect(),
        generation: pointer.as_ref().map_or(0, |pointer| pointer.generation),
        pointer,
        timestamp: "2026-01-01T00:00:00.000000Z".into(),
        audit: None,
        standing: Standing::default(),
    }
}

fn pointer(run_id: &str, seq: u64, champion: Option<&Pointer>) -> Pointer {
    Pointer {
        identifier: "default".into(),
        config_hash: "c".repeat(64),
        run_id: run_id.into(),
        model_type: Family::GRU,
        experiment: "Default".into(),
        model_uri: format!("runs:/{run_id}/GRU"),
        rmse: Some(0.03),
        mae: Some(0.02),
        mse: None,
        score: Some(0.021),
        timestamp: "2026-01-01T00:00:00.000000Z".into(),
        weights: Default::default(),
        dataset_id: "d".repeat(64),
        generation: champion.map_or(0, |champion| champion.generation) + 1,
        seq,
        previous: champion.map(|champion| champion.run_id.clone()),
        window_hash: "w".into(),
        manifest_sha256: "e".repeat(64),
        standing: Standing::default(),
    }
}
