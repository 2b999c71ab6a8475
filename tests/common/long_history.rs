//! A store with a long past: many data sets, runs and decisions of one series.

use flts::forecast::{Family, Lineage, Standing, sha256_hex};
use flts::storage::{
    Condition, DatasetRecord, Decision, DecisionKind, MLFLOW_BUCKET, ObjectStore, PROCESSED_BUCKET, PROMOTION_BUCKET,
    RunRecord, StoredFile,
};
use futures::{StreamExt, TryStreamExt};

/// Runs on each data set of the past.
pub const RUNS_A_DATASET: usize = 10;
const WRITES_AT_ONCE: usize = 32;

/// A record of the past; the order of publication is that of the numbers.
pub fn dataset(number: usize) -> DatasetRecord {
    let (config_hash, dataset_id) = ("c".repeat(64), sha256_hex(format!("data set {number}").as_bytes()));
    let folder = format!("default/{config_hash}/{}", &dataset_id[..16]);
    let file = |name: &str| StoredFile {
        object: format!("{folder}/{name}.parquet"),
        sha256: "e".repeat(64),
        size: 1,
        rows: 1,
        source_object: format!("{name}.csv"),
    };
    DatasetRecord {
        v: 1,
        identifier: "default".into(),
        series: None,
        last_time: None,
        config_hash,
        dataset_id,
        config: "{}".into(),
        bucket: PROCESSED_BUCKET.into(),
        train: file("train"),
        test: file("test"),
        measured: vec!["down".into()],
        means: Default::default(),
        calendar: false,
        scaler_type: "min_max".into(),
        created_at: "2026-01-01T00:00:00.000000Z".into(),
        seq: number as u64 + 1,
    }
}

/// A run of the past, which failed for good.
pub fn run(number: usize) -> RunRecord {
    let record = dataset(number / RUNS_A_DATASET);
    let lineage = Lineage {
        run_id: format!("past-{number}"),
        identifier: record.identifier,
        series: None,
        config_hash: record.config_hash,
        dataset_id: record.dataset_id,
        train_hash: sha256_hex(format!("settings {number}").as_bytes()),
    };
    RunRecord::failed(&lineage, Family::GRU, vec!["down".into()], "too few rows")
}

/// A decision of the past, from number 1: nobody was promoted.
pub fn decision(seq: usize) -> Decision {
    let record = dataset(seq / RUNS_A_DATASET);
    Decision {
        v: 1,
        seq: seq as u64,
        identifier: record.identifier,
        dataset_id: record.dataset_id,
        config_hash: record.config_hash,
        decision: DecisionKind::Refused,
        reason: "nothing beats persistence".into(),
        scoreboard: Vec::new(),
        weights: Default::default(),
        window_hash: "w".into(),
        judged_runs: vec![format!("past-{seq}")],
        generation: 0,
        pointer: None,
        timestamp: "2026-01-01T00:00:00.000000Z".into(),
        audit: None,
        standing: Standing::default(),
    }
}

/// Writes so many decisions, as many runs, and the data sets that they are about, without waiting for each.
pub async fn write(objects: &ObjectStore, length: usize) {
    let mut past = Vec::new();
    for number in 0..length.div_ceil(RUNS_A_DATASET) {
        let record = dataset(number);
        let folder = record.train.object.trim_end_matches("train.parquet").to_owned();
        let json = serde_json::to_vec(&record).unwrap();
        for (name, bytes) in [
            ("train.parquet", b"x".to_vec()),
            ("test.parquet", b"x".to_vec()),
            ("test.meta.json", json.clone()),
            ("train.meta.json", json),
        ] {
            past.push((PROCESSED_BUCKET, format!("{folder}{name}"), bytes));
        }
    }
    for number in 0..length {
        let (run, decision) = (run(number), decision(number + 1));
        let Lineage { identifier, dataset_id, train_hash, .. } = &run.lineage;
        let key = format!("runs/{identifier}/{dataset_id}/{}/{train_hash}.json", run.model_type);
        past.push((MLFLOW_BUCKET, key, serde_json::to_vec(&run).unwrap()));
        let key = format!("default/history/{:08}.json", decision.seq);
        past.push((PROMOTION_BUCKET, key, serde_json::to_vec(&decision).unwrap()));
    }
    let writes = past.into_iter().map(|(bucket, key, bytes)| async move {
        objects.put(bucket, &key, bytes.into(), Condition::Always).await.map(|_| ())
    });
    futures::stream::iter(writes).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await.unwrap();
}
